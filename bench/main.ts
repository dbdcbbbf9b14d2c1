import { claim } from './claim.js';
import { exportBench } from './export.js';
import { gate } from './gate.js';
import { hub } from './hub.js';
import { notebook } from './notebook.js';
import { pages } from './pages.js';
import { memory } from './memory.js';
import { ingest } from './ingest.js';
import { pass } from './pass.js';
import { refill } from './refill.js';

/** Each prints what it measured as it goes, and its result as the last line, in JSON. */
const benches: Readonly<Record<string, () => Promise<object>>> = {
  refill,
  pass,
  notebook,
  hub,
  memory,
  ingest,
  gate,
  claim,
  export: exportBench,
  pages,
};

const name = process.argv[2] ?? '';
const bench = benches[name];
if (bench === undefined) {
  console.error(`Usage: npm run bench -- ${Object.keys(benches).join('|')}`);
  process.exit(2);
}
const result = await bench();
console.log(JSON.stringify({ bench: name, ...result }));
process.exit(0);
