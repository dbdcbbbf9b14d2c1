import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Cleanup } from '../../src/local/cleanup.js';
import { ManagedProcess } from '../../src/local/process.js';

/** A program that starts two processes and a folder and waits to be ended; run by local-process.test.ts. */
const [logDir = '.'] = process.argv.slice(2);
const cleanup = new Cleanup();
const folder = mkdtempSync(path.join(logDir, 'temporary-'));
const removeFolder = () => {
  rmSync(folder, { recursive: true, force: true });
  return Promise.resolve();
};
cleanup.add({ name: 'folder', folder, stop: removeFolder });
const specs = ['one', 'two'].map((name) => ({ name, command: 'sleep', args: ['600'], logDir }));
const started = await Promise.all(specs.map((spec) => ManagedProcess.start(spec, cleanup)));
console.log(JSON.stringify({ pids: started.map(({ pid }) => pid), folder }));
setInterval(() => undefined, 60_000);
