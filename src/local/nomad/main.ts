import { parseArgs } from 'node:util';
import { startStandIn } from './standin.js';

/** The stand-in as a process of its own, so that instances outlive the manager and the web app as they do with Nomad. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4646' },
    consul: { type: 'string', default: process.env.CONSUL_HTTP_ADDR ?? 'http://127.0.0.1:8500' },
    data: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    memory: { type: 'string' },
  },
});
if (values.data === undefined) throw new Error('--data is needed: a folder for the tasks, of this stand-in alone');

const standIn = await startStandIn({
  port: Number(values.port),
  consulAddr: values.consul,
  dataDir: values.data,
  python: values.python,
  log: (line) => {
    console.error(line);
  },
  ...(values.memory === undefined ? {} : { memoryMB: Number(values.memory) }),
});
console.log(`nomad stand-in: ${standIn.address}`);

let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  void standIn.stop().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
