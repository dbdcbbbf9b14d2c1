import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { aclToken } from './acl.js';
import { startStandIn } from './standin.js';

/** The stand-in as a process of its own, so that instances outlive the manager and the web app as they do with Nomad. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4646' },
    consul: { type: 'string', default: process.env.CONSUL_HTTP_ADDR ?? 'http://127.0.0.1:8500' },
    data: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    /** MB, MHz and MB that may be placed. */
    memory: { type: 'string' },
    cpu: { type: 'string' },
    disk: { type: 'string' },
    /** Beside `default`; may be given several times. */
    namespace: { type: 'string', multiple: true, default: [] },
    /** A JSON file with a list of tokens; with it, calls without one are refused. */
    acl: { type: 'string' },
  },
});
if (values.data === undefined) throw new Error('--data is needed: a folder for the tasks, of this stand-in alone');

const amount = (given: string | undefined) => (given === undefined ? undefined : Number(given));
const tokens =
  values.acl === undefined ? undefined : z.array(aclToken).parse(JSON.parse(readFileSync(values.acl, 'utf8')));

const standIn = await startStandIn({
  port: Number(values.port),
  consulAddr: values.consul,
  dataDir: values.data,
  python: values.python,
  namespaces: values.namespace,
  tokens,
  memoryMB: amount(values.memory),
  cpuMHz: amount(values.cpu),
  diskMB: amount(values.disk),
  log: (line) => {
    console.error(line);
  },
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
