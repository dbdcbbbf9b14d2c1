/**
 * Runs the tests: makes ready what they need (Python environments, Consul, Chromium; kept in `.cache`), then hands the files
 * named on the command line, or all, to mocha.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Cache } from '../src/local/cache.js';
import { chromiumLaunch } from '../src/local/chromium.js';
import { findConsul } from '../src/local/consul-binary.js';
import { jupyterEnvironment, standInEnvironment } from '../src/local/jupyter.js';
import { packageRoot } from '../src/platform/root.js';

const cache = new Cache(undefined, (line) => {
  console.log(line);
});
const [jupyter, standIn] = await Promise.all([
  jupyterEnvironment(cache),
  standInEnvironment(cache),
  findConsul(cache),
  chromiumLaunch(cache),
]);
const files = process.argv.slice(2);
const mocha = spawn(
  process.execPath,
  [
    'node_modules/mocha/bin/mocha.js',
    // Most tests wait for services: two files at once take little more than half the time.
    ...(availableParallelism() > 1 ? ['--parallel', '--jobs', '2'] : []),
    '--reporter',
    'test/reporter.cjs',
    ...(files.length > 0 ? files : ['test/**/*.test.ts']),
  ],
  {
    cwd: packageRoot,
    stdio: 'inherit',
    env: {
      ...process.env,
      OBSERVATORY_TEST_PYTHON: jupyter.python,
      STANDIN_PYTHON: standIn.python,
    },
  },
);
// Ctrl-C reaches mocha by itself; this process only waits for it, so that nothing is left behind.
process.on('SIGINT', () => undefined);
mocha.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
