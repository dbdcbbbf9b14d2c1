import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent, noAgentOfOurOwn, removeFolder, type Rights } from './agent.js';
import { Contract, parentJob } from './client.js';
import { call, eventually } from './support.js';

const rights = {
  /** What the system needs. */
  least: { namespaces: { default: ['list-jobs', 'read-job', 'dispatch-job', 'submit-job', 'read-logs'] } },
  read: { namespaces: { default: ['list-jobs', 'read-job', 'parse-job'] } },
  other: { namespaces: { other: ['list-jobs', 'read-job', 'submit-job'] } },
  operator: { node: 'read', agent: 'read', operator: 'read' },
} satisfies Record<string, Rights>;

type Name = keyof typeof rights | 'anonymous' | 'unknown' | 'root';
const names: Name[] = ['anonymous', 'unknown', 'root', 'least', 'read', 'other', 'operator'];

/** Nomad's access control, of a real one and of the stand-in alike. */
describe('Nomad contract: access control', function () {
  this.timeout(120_000);
  const surroundings = new Contract();
  let folder: string;
  let agent: Agent;
  let contract: Contract;
  let parent: string;
  let child: string;
  let allocation: string;

  before(async function () {
    if (noAgentOfOurOwn !== undefined) {
      console.log(`  skipped: ${noAgentOfOurOwn}`);
      this.skip();
    }
    await surroundings.start();
    folder = await mkdtemp(path.join(tmpdir(), 'nomad-acl-'));
    agent = await Agent.start({ folder, consul: surroundings.consulAddress, rights, namespaces: ['other'] });
    contract = new Contract({ nomad: agent.address, consul: surroundings.consulAddress }, agent.secrets.get('root'));
    parent = contract.id('acl');
    // A server that has just become the leader may not have its node yet.
    await eventually('a node', async () => (await contract.nomad<object[]>('GET', '/v1/nodes')).json.length === 1);
    const job = parentJob(parent, { command: '/bin/bash', args: ['-c', 'echo hello; sleep 300'] });
    await contract.register(job);
    child = await contract.dispatched(parent);
    allocation = (await contract.withStatus(child, 'running')).ID;
  });

  after(async () => {
    if (noAgentOfOurOwn !== undefined) return;
    await contract.finish();
    await agent.stop();
    await removeFolder(folder);
    await surroundings.finish();
  });

  const as = (name: Name): string | undefined => {
    if (name === 'anonymous') return undefined;
    return name === 'unknown' ? '00000000-0000-4000-8000-000000000000' : agent.secrets.get(name);
  };

  /** Each token's answer: the status, and the text when it is not 200. */
  async function answers(method: string, route: string, body?: object): Promise<Record<string, string>> {
    const all = names.map(async (name): Promise<[Name, string]> => {
      const { status, text } = await call(agent.address, method, route, body, as(name));
      return [name, status === 200 ? '200' : `${status} ${text.trim()}`];
    });
    return Object.fromEntries(await Promise.all(all));
  }

  const allow = (allowed: Name[], denied: string, differently: Partial<Record<Name, string>> = {}) =>
    Object.fromEntries(names.map((name) => [name, allowed.includes(name) ? '200' : (differently[name] ?? denied)]));
  const denied = '403 Permission denied';

  it('lets a token do what its capabilities say, and no more', async () => {
    const job = parentJob(parent, { command: '/bin/bash', args: ['-c', 'echo hello; sleep 300'] });
    const path = `/v1/job/${encodeURIComponent(child)}`;
    const reading: Name[] = ['root', 'least', 'read'];
    const writing: Name[] = ['root', 'least'];
    const calls: [method: string, route: string, allowed: Name[], body?: object][] = [
      ['GET', '/v1/jobs', reading],
      ['GET', path, reading],
      ['GET', `${path}/summary`, reading],
      ['GET', `/v1/job/${parent}/versions`, reading],
      ['GET', `${path}/allocations`, reading],
      ['GET', '/v1/allocations', reading],
      ['GET', '/v1/evaluations', reading],
      ['POST', '/v1/validate/job', reading, { Job: job }],
      ['POST', `/v1/job/${parent}/plan`, writing, { Job: job }],
      ['PUT', '/v1/jobs', writing, { Job: job }],
      ['DELETE', '/v1/job/nothing', writing],
      ['GET', '/v1/nodes', ['root', 'operator']],
      ['GET', '/v1/agent/members', ['root', 'operator']],
      ['GET', '/v1/operator/scheduler/configuration', ['root', 'operator']],
      ['PUT', '/v1/system/gc', ['root']],
      ['GET', '/v1/namespace/default', reading],
      ['GET', '/v1/jobs?namespace=other', ['root', 'other']],
      ['GET', '/v1/status/leader', names],
      ['GET', '/v1/status/peers', names],
      ['GET', '/v1/regions', names],
      ['GET', '/v1/agent/health', names],
    ];
    for (const [method, route, allowed, body] of calls) {
      assert.deepEqual(await answers(method, route, body), allow(allowed, denied), `${method} ${route}`);
    }
  });

  it('dispatches only with dispatch-job', async () => {
    const reply = (name: Name) =>
      call(agent.address, 'POST', `/v1/job/${parent}/dispatch`, { Meta: { instance_id: name } }, as(name));
    for (const name of names) {
      const { status, text } = await reply(name);
      assert.equal(
        status === 200 ? '200' : `${status} ${text}`,
        ['root', 'least'].includes(name) ? '200' : denied,
        name,
      );
    }
  });

  it('tells an unknown token where the agent itself answers', async () => {
    const unknown = '403 ACL token not found';
    const JobHCL = 'job "x" {\n group "g" {\n task "t" {\n driver = "raw_exec"\n }\n }\n}';
    assert.deepEqual(await answers('GET', '/v1/agent/self'), allow(['root', 'operator'], denied, { unknown }));
    const parsing = await answers('POST', '/v1/jobs/parse', { JobHCL });
    assert.deepEqual(parsing, allow(['root', 'least', 'read'], denied, { unknown }));
  });

  it('answers 500 where it streams: logs and events', async () => {
    const route = `/v1/client/fs/logs/${allocation}?task=server&type=stdout&plain=true`;
    const differently = { unknown: '500 rpc error: Permission denied' };
    assert.deepEqual(await answers('GET', route), allow(['root', 'least'], '500 Permission denied', differently));
    const heard = async (name: Name, topic: string): Promise<string> => {
      const abort = new AbortController();
      const token = as(name);
      const response = await fetch(`${agent.address}/v1/event/stream?topic=${topic}`, {
        signal: abort.signal,
        headers: token === undefined ? {} : { 'x-nomad-token': token },
      });
      const said = response.status === 200 ? '200' : `${response.status} ${await response.text()}`;
      abort.abort();
      return said;
    };
    for (const name of names) {
      const may = ['root', 'least', 'read'].includes(name);
      const refused = name === 'unknown' ? denied : '500 Permission denied';
      assert.equal(await heard(name, 'Job'), may ? '200' : refused, name);
      assert.equal(await heard(name, '*'), name === 'root' ? '200' : refused, name);
    }
  });

  it('shows one allocation to who may read its namespace', async () => {
    const unknown = `500 Unknown allocation "${allocation}"`;
    const differently = { unknown: denied };
    const expected = allow(['root', 'least', 'read'], unknown, differently);
    assert.deepEqual(await answers('GET', `/v1/allocation/${allocation}`), expected);
  });

  it('tells a token about itself', async () => {
    const differently = {
      anonymous: '500 acl token lookup failed: missing secret id',
      unknown: '404 ACL token not found',
    };
    const all: Name[] = ['root', 'least', 'read', 'other', 'operator'];
    assert.deepEqual(await answers('GET', '/v1/acl/token/self'), allow(all, '', differently));
    const self = await call<{ Name: string; Type: string; Policies: string[] | null }>(
      ...([agent.address, 'GET', '/v1/acl/token/self', undefined, as('least')] as const),
    );
    assert.deepEqual([self.json.Name, self.json.Type, self.json.Policies], ['least', 'client', ['least']]);
    const root = await call<{ Type: string }>(agent.address, 'GET', '/v1/acl/token/self', undefined, as('root'));
    assert.equal(root.json.Type, 'management');
  });

  it('shows a token the namespaces where it may do something', async () => {
    const seen = async (name: Name) => {
      const reply = await call<{ Name: string }[]>(agent.address, 'GET', '/v1/namespaces', undefined, as(name));
      return reply.status === 200 ? reply.json.map(({ Name }) => Name).sort() : `${reply.status} ${reply.text}`;
    };
    assert.deepEqual(await seen('root'), ['default', 'other']);
    assert.deepEqual(await seen('least'), ['default']);
    assert.deepEqual(await seen('other'), ['other']);
  });

  it('keeps jobs of one id in two namespaces apart', async () => {
    const job = parentJob(parent, { command: '/bin/true', args: [] });
    const written = await call(agent.address, 'PUT', '/v1/jobs', { Job: { ...job, Namespace: 'other' } }, as('other'));
    assert.equal(written.status, 200, written.text);
    const route = `/v1/job/${parent}?namespace=other`;
    const theirs = await call<{ Version: number; Namespace: string }>(
      agent.address,
      'GET',
      route,
      undefined,
      as('other'),
    );
    assert.deepEqual([theirs.json.Namespace, theirs.json.Version], ['other', 0]);
    const everywhere = async (name: Name) => {
      const list = `/v1/jobs?namespace=*&prefix=${parent}&filter=${encodeURIComponent('ParentID == ""')}`;
      const reply = await call<{ Namespace: string }[]>(agent.address, 'GET', list, undefined, as(name));
      return reply.json.map(({ Namespace }) => Namespace).sort();
    };
    assert.deepEqual(await everywhere('root'), ['default', 'other']);
    assert.deepEqual(await everywhere('other'), ['other']);
    await call(agent.address, 'DELETE', `${route}&purge=true`, undefined, as('other'));
    assert.equal((await contract.job(parent)).status, 200);
  });
});
