import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Contract, newInstance, parentJob } from './client.js';
import { eventually } from './support.js';

const main = fileURLToPath(new URL('../../src/local/nomad/main.ts', import.meta.url));

/** What the stand-in does beyond the contract: its own limits, and its end. */
describe('Nomad stand-in as a process', function () {
  this.timeout(60_000);
  let folder: string;
  let standIn: ChildProcess | undefined;
  // Consul, or its address, comes as in the contract suite; its stand-in is not used.
  const consulOnly = new Contract();

  before(async () => {
    await consulOnly.start();
    folder = await mkdtemp(path.join(tmpdir(), 'nomad-standin-'));
  });

  after(async () => {
    standIn?.kill('SIGKILL');
    await consulOnly.finish();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<Contract> {
    const flags = ['--port', '0', '--consul', consulOnly.consulAddress, '--data', folder, '--memory', '100'];
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    standIn = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /http:\S+/.exec(line)?.[0];
      if (address !== undefined) return new Contract({ nomad: address, consul: consulOnly.consulAddress });
    }
    throw new Error('the stand-in ended');
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    standIn?.kill(signal);
    if (standIn?.exitCode === null && standIn.signalCode === null) await once(standIn, 'exit');
  }

  /** A child with a helper in a session of its own, as Jupyter starts its kernels. Both write their numbers. */
  async function withHelper(contract: Contract, name: string): Promise<number[]> {
    const script = 'setsid sleep 300 & echo $!; echo $$; wait';
    const job = parentJob(contract.id(name), { command: '/bin/bash', args: ['-c', script], service: true });
    await contract.register(job);
    const { ID } = await contract.withStatus(await contract.dispatched(contract.id(name)), 'running');
    return eventually('numbers of two processes', async () => {
      const { text } = await contract.nomad('GET', `/v1/client/fs/logs/${ID}?task=server&type=stdout&plain=true`);
      const pids = text.trim().split('\n').map(Number);
      return pids.length === 2 && pids;
    });
  }

  const gone = (pids: number[]) =>
    eventually('the end of its processes', () => Promise.resolve(!pids.some((pid) => isAlive(pid))));

  it('places what was blocked when something else has ended', async () => {
    const contract = await start();
    const parent = contract.id('room');
    await contract.register(parentJob(parent, { command: '/bin/sleep', args: ['300'], memoryMB: 60 }));
    const first = await contract.dispatched(parent);
    await contract.withStatus(first, 'running');
    const [second, third] = [await contract.dispatched(parent), await contract.dispatched(parent)];
    assert.deepEqual(await contract.allocations(second), []);
    await contract.stop(first);
    await contract.withStatus(second, 'running');
    assert.deepEqual(await contract.allocations(third), []);
    assert.equal((await contract.allocations(second)).length, 1);
    await contract.stop(second);
    await contract.withStatus(third, 'running');
    await end('SIGTERM');
  });

  it('stops everything when it is told to end', async () => {
    const contract = await start();
    const pids = await withHelper(contract, 'end');
    assert.ok(await contract.entry(contract.id('end')));
    await end('SIGTERM');
    assert.equal(standIn?.exitCode, 0);
    await gone(pids);
    assert.equal(await contract.entry(contract.id('end')), undefined);
  });

  it('waits for no task longer than whoever ends it waits for it', async () => {
    const contract = await start();
    const script = "trap '' INT; echo $$; while :; do sleep 0.1; done";
    const job = parentJob(contract.id('deaf'), { command: '/bin/bash', args: ['-c', script] });
    // Longer than this test may take.
    for (const group of job.TaskGroups) for (const task of group.Tasks) task.KillTimeout = 120e9;
    await contract.register(job);
    const { ID } = await contract.withStatus(await contract.dispatched(contract.id('deaf')), 'running');
    const pid = await eventually('its number', async () => {
      const { text } = await contract.nomad('GET', `/v1/client/fs/logs/${ID}?task=server&type=stdout&plain=true`);
      return Number(text.trim());
    });
    await end('SIGTERM');
    await gone([pid]);
  });

  it('cleans up what a killed one has left when its state is gone', async () => {
    const killed = await start();
    const pids = await withHelper(killed, 'killed');
    await end('SIGKILL');
    assert.ok(pids.every(isAlive), 'tasks outlive a killed agent, as with Nomad');
    await rm(path.join(folder, 'state'), { recursive: true });
    await start();
    await gone(pids);
    assert.equal(await killed.entry(killed.id('killed')), undefined);
    await end('SIGTERM');
  });

  it('knows nothing any more after it was told to end', async () => {
    const before = await start();
    await before.register(parentJob(before.id('forgotten'), { command: '/bin/true', args: [] }));
    await end('SIGTERM');
    const after = await start();
    assert.deepEqual((await after.nomad('GET', '/v1/jobs')).json, []);
    await end('SIGTERM');
  });

  it('makes several children of calls at once with one token', async () => {
    const contract = await start();
    const parent = contract.id('race');
    await contract.register(parentJob(parent, { command: '/bin/true', args: [] }));
    const instance = newInstance();
    const children = await Promise.all(Array.from({ length: 8 }, () => contract.dispatched(parent, instance)));
    assert.ok(new Set(children).size > 1, 'the race of the real one, which depends on its timing');
    await end('SIGTERM');
  });

  it('answers 501 and says so where it has not what Nomad has', async () => {
    const contract = await start();
    const job = parentJob(newInstance(), { command: '/bin/true', args: [] });
    const lacking = async (method: string, route: string, body?: object) => {
      const { status, text } = await contract.nomad(method, route, body);
      return `${status} ${text}`;
    };
    const words = '501 Nomad stand-in, for development only: it has no';
    assert.equal(await lacking('GET', '/v1/vars'), `${words} GET /v1/vars`);
    assert.equal(await lacking('GET', '/ui/'), `${words} GET /ui/`);
    assert.equal(await lacking('POST', '/v1/job/x/scale'), `${words} PUT /v1/job/x/scale`);
    assert.equal(await lacking('POST', '/v1/job/x/y/evaluate'), `${words} PUT /v1/job/x/y/evaluate`);
    assert.equal(await lacking('DELETE', '/v1/namespace/default'), `${words} DELETE /v1/namespace/default`);
    assert.equal(
      await lacking('PUT', '/v1/jobs', { Job: { ...job, Type: 'service' } }),
      '501 Nomad stand-in: it runs parameterized batch jobs only',
    );
    assert.equal(
      await lacking('GET', `/v1/jobs?filter=${encodeURIComponent('any Datacenters as d { d == "x" }')}`),
      '501 Nomad stand-in: filters know no "any" and "all"',
    );
    await end('SIGTERM');
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
