import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Allocation, Evaluation, Job } from '../../src/local/nomad/types.js';
import { Contract, newInstance, parentJob, taskEvents } from './client.js';
import { eventually } from './support.js';

/** What we rely on in Nomad, asked of a real one (NOMAD_ADDR) and of the stand-in alike: processes and Consul. */
describe('Nomad contract: life of a child', function () {
  this.timeout(60_000);
  const contract = new Contract();
  let folder: string;

  before(async () => {
    await contract.start();
    folder = await mkdtemp(path.join(tmpdir(), 'nomad-contract-'));
  });

  after(async () => {
    await contract.finish();
    await rm(folder, { recursive: true, force: true });
  });

  const childOf = async (name: string, command: string, ...args: string[]): Promise<string> => {
    await contract.register(parentJob(contract.id(name), { command, args }));
    return contract.dispatched(contract.id(name));
  };

  it('is in Consul as critical, then passing, and leaves it before its process ends', async () => {
    const instance = newInstance();
    const parent = contract.id('life');
    // Slow to start, so that the time before the first passing check can be seen, and slow to end.
    const serve = 'python3 -m http.server --bind ${NOMAD_IP_http} ${NOMAD_PORT_http}';
    const late = `trap 'sleep 1; exit 0' INT; sleep 1.5; ${serve} & wait`;
    await contract.register(parentJob(parent, { command: '/bin/bash', args: ['-c', late], service: true }));
    const child = await contract.dispatched(parent, instance);
    const check = async () => (await contract.entry(parent))?.Checks.find(({ ServiceName }) => ServiceName === parent);

    const early = await eventually('entry in Consul', () => contract.entry(parent));
    assert.equal((await check())?.Status, 'critical');
    assert.ok(
      early.Service.Tags.includes(`traefik.http.routers.i-${instance}.rule=PathPrefix(\`/proxy/${instance}/api/\`)`),
    );
    const filter = `Job.ParentID == "${parent}"`;
    const [row] = await contract.list<Allocation>('allocations', filter, '&resources=true');
    const [port] = row?.AllocatedResources.Shared.Ports ?? [];
    assert.deepEqual([port?.Label, port?.Value, port?.HostIP], ['http', early.Service.Port, early.Service.Address]);
    const passing = await eventually('passing check', async () => {
      const found = await check();
      return found?.Status === 'passing' && found;
    });
    assert.match(passing.Output, new RegExp(`/\\?i=${instance}: 200 OK`));
    await contract.withStatus(child, 'running');

    assert.match((await contract.stop(child)).json.EvalID, /^[0-9a-f-]{36}$/);
    await contract.isDead(child);
    assert.equal((await contract.job(child)).json.Version, 1);
    await eventually('no entry in Consul', async () => (await contract.entry(parent)) === undefined);
    const [dying] = await contract.allocations(child);
    assert.deepEqual([dying?.ClientStatus, dying?.DesiredStatus], ['running', 'stop'], 'dead job, living process');
    await contract.withStatus(child, 'complete');
  });

  it('runs jobs/instance.nomad.hcl in a clean environment', async () => {
    // Stands for Python: tells its environment and arguments, and answers the check.
    const serve = `require('node:http').createServer((request, response) => {
      response.statusCode = request.url === '/proxy/' + process.env.INSTANCE_ID + '/api' ? 200 : 404;
      response.end();
    }).listen(process.env.INSTANCE_PORT, process.env.INSTANCE_ADDRESS)`;
    const python = path.join(folder, 'python');
    await writeFile(path.join(folder, 'serve.cjs'), serve);
    await writeFile(python, `#!/bin/sh\nenv\necho "ARGS=$*"\nexec '${process.execPath}' '${folder}/serve.cjs'\n`);
    await chmod(python, 0o755);
    const parent = contract.id('file');
    const strings = { job_id: parent, service: parent, driver: 'raw_exec', python, instance_dir: folder };
    const variables = Object.entries(strings).map(([name, value]) => `${name} = "${value}"\n`);
    const JobHCL = await readFile(new URL('../../jobs/instance.nomad.hcl', import.meta.url), 'utf8');
    const parsed = await contract.nomad<Job>('POST', '/v1/jobs/parse', { JobHCL, Variables: variables.join('') });
    await contract.register(parsed.json);

    const instance = newInstance();
    const child = await contract.dispatched(parent, instance, { token_hash: 'a'.repeat(64) });
    await eventually('passing check', async () => {
      const entry = await contract.entry(parent);
      return entry?.Checks.every(({ Status }) => Status === 'passing');
    });
    const { ID } = await contract.withStatus(child, 'running');
    const { text } = await contract.nomad('GET', `/v1/client/fs/logs/${ID}?task=server&type=stdout&plain=true`);
    const names = [...text.matchAll(/^(\w+)=/gm)].map(([, name]) => name).filter((name) => name !== '_');
    const expected = ['ARGS', 'HOME', 'INSTANCE_ADDRESS', 'INSTANCE_ID', 'INSTANCE_PORT', 'INSTANCE_TOKEN_HASH'];
    const limits = ['INSTANCE_DISK', 'INSTANCE_FOLDERS', 'INSTANCE_MEMORY', 'INSTANCE_PROCESSES'];
    const memory = ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'TMPDIR'];
    // A shell adds PWD (and may add SHLVL) of its own.
    const own = names.filter((name) => name !== 'PWD' && name !== 'SHLVL' && name !== 'OLDPWD');
    assert.deepEqual(own.sort(), [...expected, ...limits, ...memory, 'LANG', 'PATH'].sort());
    assert.match(text, new RegExp(`^INSTANCE_ID=${instance}$`, 'm'));
    assert.match(text, new RegExp(`^ARGS=${folder}/instance.py$`, 'm'));
    await contract.stop(child);
    await contract.withStatus(child, 'complete');
  });

  it('lives on when its parent is purged', async () => {
    const child = await childOf('orphans', '/bin/sleep', '60');
    await contract.withStatus(child, 'running');
    await contract.purge(contract.id('orphans'));
    await sleep(500);
    assert.equal((await contract.withStatus(child, 'running')).DesiredStatus, 'run');
    await contract.stop(child);
  });

  it('is killed when it does not heed the interrupt', async () => {
    const child = await childOf('stubborn', '/bin/bash', '-c', "trap '' INT; echo deaf; while :; do sleep 0.1; done");
    const { ID } = await contract.withStatus(child, 'running');
    // Before its trap is set, an interrupt would end it.
    const route = `/v1/client/fs/logs/${ID}?task=server&type=stdout&plain=true`;
    await eventually('it has set its trap', async () => (await contract.nomad('GET', route)).text === 'deaf\n');
    const started = Date.now();
    await contract.stop(child);
    await contract.withStatus(child, 'complete');
    assert.ok(Date.now() - started >= 2000, 'kill timeout');
  });

  it('fails by its own death, is not restarted, and says why', async () => {
    const child = await childOf('dies', '/bin/sh', '-c', 'echo why >&2; exit 3');
    const allocation = await contract.withStatus(child, 'failed');
    const events = taskEvents(allocation);
    const types = events.map(({ Type }) => Type);
    assert.deepEqual(types, ['Received', 'Task Setup', 'Started', 'Terminated', 'Not Restarting']);
    assert.equal(events[3]?.ExitCode, 3);
    await contract.isDead(child);
    const route = `/v1/client/fs/logs/${allocation.ID}?task=server&type=stderr`;
    assert.equal((await contract.nomad('GET', `${route}&plain=true`)).text, 'why\n');
    assert.equal(allocation.TaskStates?.server?.Failed, true);
  });

  it('fails when its command is not there', async () => {
    const allocation = await contract.withStatus(await childOf('nothing', '/no/such/command'), 'failed');
    const failure = taskEvents(allocation).find(({ Type }) => Type === 'Driver Failure');
    assert.match(failure?.DisplayMessage ?? '', /"\/no\/such\/command" could not be found/);
  });

  it('completes when it ends by itself without an error', async () => {
    const child = await childOf('short', '/bin/true');
    await contract.withStatus(child, 'complete');
    await contract.isDead(child);
    assert.equal((await contract.job(child)).json.Stop, false);
  });

  it('never runs with an unknown name in its arguments', async () => {
    const child = await childOf('typo', '/bin/sleep', '${NOT_THERE}');
    await contract.withStatus(child, 'pending', 'failed');
    await sleep(1500);
    await contract.withStatus(child, 'pending', 'failed');
  });

  it('is answered whole by its allocation', async () => {
    const parent = contract.id('dies');
    const [row] = await contract.list<Allocation>('allocations', `Job.ParentID == "${parent}"`);
    const { json } = await contract.nomad<Allocation>('GET', `/v1/allocation/${row?.ID}`);
    assert.deepEqual([json.Job.ParentID, json.JobID], [parent, row?.JobID]);
    const unknown = await contract.nomad('GET', '/v1/allocation/00000000-0000-0000-0000-000000000000');
    assert.deepEqual([unknown.status, unknown.text], [404, 'alloc not found']);
    assert.equal((await contract.nomad('GET', '/v1/allocation/x')).status, 500);
  });

  it('is blocked where there is no room, which says what is exhausted, until it is stopped', async () => {
    const parent = contract.id('too-big');
    await contract.register(parentJob(parent, { command: '/bin/sleep', args: ['60'], memoryMB: 9_999_999 }));
    const child = await contract.dispatched(parent);
    const filter = `JobID == "${child}" and Status == "blocked"`;
    const blocked = await eventually(
      'blocked',
      async () => (await contract.list<Evaluation>('evaluations', filter))[0],
    );
    assert.deepEqual(blocked.FailedTGAllocs?.instance?.DimensionExhausted, { memory: 1 });
    assert.equal(blocked.StatusDescription, 'created to place remaining allocations');
    const evaluations = await contract.evaluations(child);
    const first = evaluations.find(({ TriggeredBy }) => TriggeredBy === 'job-register');
    assert.deepEqual([first?.Status, first?.BlockedEval], ['complete', blocked.ID]);
    assert.deepEqual(await contract.allocations(child), []);
    assert.equal((await contract.job(child)).json.Status, 'pending');
    await contract.stop(child);
    await eventually('canceled', async () => {
      const found = (await contract.evaluations(child)).find(({ ID }) => ID === blocked.ID);
      return found?.Status === 'canceled';
    });
  });
});
