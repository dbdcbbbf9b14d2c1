import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent, noAgentOfOurOwn, removeFolder } from './agent.js';
import { Contract, parentJob, taskEvents } from './client.js';
import { eventually } from './support.js';

/** An agent that is killed and started again over its data, a real one and the stand-in alike. */
describe('Nomad contract: killed and started again', function () {
  this.timeout(120_000);
  // Consul, or its address, comes as in the other suites.
  const surroundings = new Contract();
  let folder: string;
  let agent: Agent;
  let contract: Contract;

  before(async function () {
    if (noAgentOfOurOwn !== undefined) {
      console.log(`  skipped: ${noAgentOfOurOwn}`);
      this.skip();
    }
    await surroundings.start();
    folder = await mkdtemp(path.join(tmpdir(), 'nomad-restart-'));
    agent = await Agent.start({ folder, consul: surroundings.consulAddress });
    contract = new Contract({ nomad: agent.address, consul: surroundings.consulAddress });
  });

  after(async () => {
    if (noAgentOfOurOwn !== undefined) return;
    await contract.finish();
    await agent.stop();
    await removeFolder(folder);
    await surroundings.finish();
  });

  /** A child that tells its process, and what that is. */
  async function running(parent: string): Promise<{ child: string; pid: number }> {
    const child = await contract.dispatched(parent);
    const { ID } = await contract.withStatus(child, 'running');
    const route = `/v1/client/fs/logs/${ID}?task=server&type=stdout&plain=true`;
    const pid = await eventually(
      'its number',
      async () => Number.parseInt((await contract.nomad('GET', route)).text) || false,
    );
    return { child, pid };
  }

  it('goes on with what lives, and tells what died meanwhile', async () => {
    const parent = contract.id('restart');
    const serve = 'echo $$; exec python3 -m http.server --bind ${NOMAD_IP_http} ${NOMAD_PORT_http}';
    await contract.register(parentJob(parent, { command: '/bin/bash', args: ['-c', serve], service: true }));
    const living = await running(parent);
    const dying = await running(parent);
    const passing = async (count: number) => {
      const checks = (await contract.entries(parent)).map(({ Checks }) =>
        Checks.every(({ Status }) => Status === 'passing'),
      );
      return checks.length === count && checks.every(Boolean);
    };
    await eventually('two that pass', () => passing(2));
    const { index } = await contract.nomad('GET', '/v1/jobs');

    await agent.kill();
    assert.ok(isAlive(living.pid), 'tasks outlive their agent');
    assert.ok(await passing(2));
    process.kill(dying.pid, 'SIGKILL');
    await agent.startAgain();

    const dead = await contract.withStatus(dying.child, 'failed');
    assert.deepEqual(
      taskEvents(dead).map(({ Type, ExitCode }) => [Type, ExitCode]),
      [
        ['Received', 0],
        ['Task Setup', 0],
        ['Started', 0],
        ['Terminated', 137],
        ['Not Restarting', 0],
      ],
    );
    await contract.isDead(dying.child);
    assert.ok(isAlive(living.pid));
    assert.equal((await contract.allocations(living.child))[0]?.ClientStatus, 'running');
    await eventually('one that passes', () => passing(1));
    assert.equal((await contract.job(parent)).json.Status, 'running');
    assert.ok((await contract.nomad('GET', '/v1/jobs')).index >= index, 'its index goes on');

    const young = await running(parent);
    for (const { child, pid } of [living, young]) {
      await contract.stop(child);
      const { TaskStates } = await contract.withStatus(child, 'complete');
      const types = (TaskStates?.server?.Events ?? []).map(({ Type }) => Type);
      assert.deepEqual(types.slice(-3), ['Killing', 'Terminated', 'Killed']);
      assert.ok(!isAlive(pid));
    }
    await eventually('nothing in Consul', async () => (await contract.entries(parent)).length === 0);
  });

  it('starts again what was gone with its keeper, as after the machine went down', async () => {
    const parent = contract.id('machine');
    await contract.register(parentJob(parent, { command: '/bin/bash', args: ['-c', 'echo $$; sleep 300'] }));
    const { child, pid } = await running(parent);
    await agent.kill();
    const keeper = parentOf(pid);
    process.kill(keeper, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await agent.startAgain();
    const allocation = await eventually('started again', async () => {
      const [found] = await contract.allocations(child);
      const types = found && taskEvents(found).map(({ Type }) => Type);
      return types?.at(-1) === 'Started' && types.includes('Failed Restoring Task') && found;
    });
    assert.equal((await contract.withStatus(child, 'running')).ID, allocation.ID);
    await contract.stop(child);
    await contract.withStatus(child, 'complete');
  });
});

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
