import assert from 'node:assert/strict';
import type { Allocation, Evaluation, Job } from '../../src/local/nomad/types.js';
import { Contract, parentJob } from './client.js';
import { eventually } from './support.js';

interface Node {
  ID: string;
  Name: string;
  Status: string;
  SchedulingEligibility: string;
  Drivers: Record<string, { Healthy: boolean }>;
  NodeResources?: { Cpu: { CpuShares: number }; Memory: { MemoryMB: number }; Disk: { DiskMB: number } };
}

interface Found {
  Matches: Record<string, string[] | null>;
  Truncations: Record<string, boolean>;
}

/** Calls about the cluster and about a job's past, asked of a real Nomad (NOMAD_ADDR) and of the stand-in alike. */
describe('Nomad contract: cluster', function () {
  this.timeout(60_000);
  const contract = new Contract();
  const parent = contract.id('cluster');
  const sleeper = (seconds: number) => parentJob(parent, { command: '/bin/sleep', args: [String(seconds)] });
  let child: string;

  before(async () => {
    await contract.start();
    await contract.register(sleeper(60));
    await contract.register(sleeper(61));
    child = await contract.dispatched(parent);
    await contract.withStatus(child, 'running');
  });

  after(() => contract.finish());

  const get = <T>(route: string) => contract.nomad<T>('GET', route);
  const refusal = async (method: string, route: string, body?: object) => {
    const { status, text } = await contract.nomad(method, route, body);
    return `${status} ${text}`;
  };

  it('names its servers, regions and itself', async () => {
    const leader = (await get<string>('/v1/status/leader')).json;
    assert.deepEqual((await get<string[]>('/v1/status/peers')).json, [leader]);
    assert.deepEqual((await get<string[]>('/v1/regions')).json, ['global']);
    const { json } = await get<{ Members: { Name: string; Status: string }[]; ServerRegion: string }>(
      '/v1/agent/members',
    );
    assert.deepEqual([json.ServerRegion, json.Members.map(({ Status }) => Status)], ['global', ['alive']]);
    const self = await get<{ member: { Name: string }; config: { Version: { Version: string } } }>('/v1/agent/self');
    assert.equal(self.json.member.Name, json.Members[0]?.Name);
    assert.equal(self.json.config.Version.Version, '1.6.3');
  });

  it('lists its node with what it has, and shows it', async () => {
    const rows = (await get<Node[]>('/v1/nodes?resources=true')).json;
    const [row] = rows;
    assert.equal(rows.length, 1);
    assert.deepEqual(
      [row?.Status, row?.SchedulingEligibility, row?.Drivers.raw_exec?.Healthy],
      ['ready', 'eligible', true],
    );
    const { Cpu, Memory, Disk } = row?.NodeResources ?? {};
    assert.ok((Cpu?.CpuShares ?? 0) > 0 && (Memory?.MemoryMB ?? 0) > 0 && (Disk?.DiskMB ?? 0) > 0);
    const whole = await get<Node & { Attributes: Record<string, string>; HTTPAddr: string }>(`/v1/node/${row?.ID}`);
    assert.equal(whole.json.Attributes['kernel.name'], 'linux');
    assert.equal(`http://${whole.json.HTTPAddr}`, contract.address);
    const held = await get<Allocation[]>(`/v1/node/${row?.ID}/allocations`);
    assert.ok(held.json.some(({ JobID }) => JobID === child));
    assert.equal((await get<Node[]>('/v1/nodes?filter=Status%20%3D%3D%20%22down%22')).json.length, 0);
    const unknown = '00000000-0000-0000-0000-000000000000';
    assert.equal(await refusal('GET', `/v1/node/${unknown}`), '404 node not found');
    const short = '500 node lookup failed: index error: UUID must be 36 characters';
    assert.equal(await refusal('GET', '/v1/node/zz'), short);
  });

  it('has the namespace default, and tells one that is not there', async () => {
    const names = (await get<{ Name: string }[]>('/v1/namespaces')).json.map(({ Name }) => Name);
    assert.ok(names.includes('default'));
    const one = await get<{ Name: string; Quota: string }>('/v1/namespace/default');
    assert.deepEqual([one.json.Name, one.json.Quota], ['default', '']);
    assert.equal(await refusal('GET', '/v1/namespace/nowhere'), '404 Namespace not found');
  });

  it('tells how it schedules', async () => {
    const { json } = await get<{ SchedulerConfig: Record<string, unknown> }>('/v1/operator/scheduler/configuration');
    const { SchedulerAlgorithm, MemoryOversubscriptionEnabled, RejectJobRegistration } = json.SchedulerConfig;
    assert.deepEqual(
      [SchedulerAlgorithm, MemoryOversubscriptionEnabled, RejectJobRegistration],
      ['binpack', false, false],
    );
  });

  it('says that access control is off', async () => {
    assert.equal(await refusal('GET', '/v1/acl/token/self'), '400 ACL support disabled');
  });

  it('keeps the versions of a job, newest first, and what changed', async () => {
    const { json } = await get<{ Versions: Job[]; Diffs: { Type: string }[] }>(`/v1/job/${parent}/versions?diffs=true`);
    assert.deepEqual(
      json.Versions.map(({ Version, TaskGroups }) => [Version, TaskGroups[0]?.Tasks[0]?.Config?.args]),
      [
        [1, ['61']],
        [0, ['60']],
      ],
    );
    assert.deepEqual(
      json.Diffs.map(({ Type }) => Type),
      ['Edited'],
    );
    assert.equal(await refusal('GET', `/v1/job/${contract.id('unknown')}/versions`), '404 job versions not found');
  });

  it('counts children and allocations', async () => {
    assert.deepEqual((await contract.summary(parent)).Children, { Dead: 0, Pending: 0, Running: 1 });
    const { Queued, Running, Complete } = (await contract.summary(child)).Summary.instance ?? {};
    assert.deepEqual({ Queued, Running, Complete }, { Queued: 0, Running: 1, Complete: 0 });
    assert.equal(await refusal('GET', `/v1/job/${contract.id('unknown')}/summary`), '404 job not found');
    assert.deepEqual((await get(`/v1/job/${contract.id('unknown')}/evaluations`)).json, []);
    assert.deepEqual((await get(`/v1/job/${parent}/deployments`)).json, []);
  });

  it('shows one evaluation, and the allocations that it made', async () => {
    const [evaluation] = await contract.evaluations(child);
    assert.equal((await get<Evaluation>(`/v1/evaluation/${evaluation?.ID}`)).json.JobID, child);
    const made = await get<Allocation[]>(`/v1/evaluation/${evaluation?.ID}/allocations`);
    assert.deepEqual(
      made.json.map(({ JobID }) => JobID),
      [child],
    );
    const unknown = '00000000-0000-0000-0000-000000000000';
    assert.equal(await refusal('GET', `/v1/evaluation/${unknown}`), '404 eval not found');
    const short = '500 failed to lookup eval: eval lookup failed: index error: UUID must be 36 characters';
    assert.equal(await refusal('GET', '/v1/evaluation/zz'), short);
  });

  it('finds ids by their beginning', async () => {
    const { json } = await contract.nomad<Found>('POST', '/v1/search', { Prefix: parent, Context: 'jobs' });
    assert.deepEqual([json.Matches, json.Truncations], [{ jobs: [parent, child] }, { jobs: false }]);
    const all = await contract.nomad<Found>('POST', '/v1/search', { Prefix: parent, Context: 'all' });
    assert.deepEqual([all.json.Matches.jobs, all.json.Matches.allocs], [[parent, child], undefined]);
    const [{ ID = '' } = {}] = await contract.allocations(child);
    const begun = await contract.nomad<Found>('POST', '/v1/search', { Prefix: ID.slice(0, 8), Context: 'all' });
    assert.deepEqual(begun.json.Matches.allocs, [ID]);
    const wrong = await contract.nomad('POST', '/v1/search', { Prefix: '', Context: 'planets' });
    assert.equal(wrong.status, 500);
    assert.match(wrong.text, /^context must be one of \[allocs jobs nodes .*got "planets"$/);
  });

  it('validates a job without registering it', async () => {
    const validate = async (Job: object) =>
      (await contract.nomad<{ Error: string; ValidationErrors: string[] | null }>('POST', '/v1/validate/job', { Job }))
        .json;
    const good = await validate(sleeper(1));
    assert.deepEqual([good.Error, good.ValidationErrors], ['', null]);
    const bad = await validate({ ID: 'a b', Name: 'x', Type: 'batch' });
    assert.deepEqual(bad.ValidationErrors, ['Job ID contains a space', 'Missing job task groups']);
    const logs = sleeper(1);
    logs.TaskGroups.forEach((group) => (group.EphemeralDisk.SizeMB = 1));
    assert.match(
      (await validate(logs)).Error,
      /\* log storage \(5 MB\) must be less than requested disk capacity \(1 MB\)/,
    );
  });

  it('registers only over the version that was looked at, when asked to', async () => {
    const { JobModifyIndex } = (await contract.job(parent)).json;
    const register = (Job: object, index: number) =>
      refusal('PUT', '/v1/jobs', { Job, EnforceIndex: true, JobModifyIndex: index });
    const conflict = `500 Enforcing job modify index 1: job exists with conflicting job modify index: ${JobModifyIndex}`;
    assert.equal(await register(sleeper(62), 1), conflict);
    assert.equal(await register(sleeper(62), 0), '500 Enforcing job modify index 0: job already exists');
    const unknown = { ...sleeper(1), ID: contract.id('unknown') };
    assert.equal(await register(unknown, 7), '500 Enforcing job modify index 7: job does not exist');
  });

  it('refuses what is no call, index, wait or job', async () => {
    assert.equal(await refusal('POST', '/v1/status/leader'), '405 Invalid method');
    assert.equal(await refusal('GET', '/v1/jobs?index=x'), '400 Invalid index');
    assert.equal(await refusal('GET', '/v1/jobs?index=1&wait=zz'), '400 Invalid wait time');
    assert.equal(await refusal('PUT', '/v1/jobs', {}), '400 Job must be specified');
    assert.equal(await refusal('PUT', '/v1/jobs', { Job: { Name: 'x' } }), "400 Job ID hasn't been provided");
    assert.equal(await refusal('PUT', `/v1/job/${parent}/plan`, { Job: { ID: 'y' } }), '400 Job ID does not match');
  });

  it('lists allocations and evaluations oldest first, in pages, and backwards', async () => {
    const second = await contract.dispatched(parent);
    await contract.withStatus(second, 'running');
    for (const table of ['allocations', 'evaluations']) {
      const filter = table === 'allocations' ? `Job.ParentID == "${parent}"` : `JobID matches "^${parent}/"`;
      const route = `/v1/${table}?filter=${encodeURIComponent(filter)}`;
      const first = await get<Allocation[]>(`${route}&per_page=1`);
      const next = first.headers.get('x-nomad-nexttoken') ?? '';
      const rest = await get<Allocation[]>(`${route}&per_page=1&next_token=${next}`);
      assert.deepEqual(
        [...first.json, ...rest.json].map(({ JobID }) => JobID),
        [child, second],
        table,
      );
      assert.equal(next, `${rest.json[0]?.CreateIndex}.${rest.json[0]?.ID}`);
      assert.equal(rest.headers.get('x-nomad-nexttoken'), null);
      const backwards = await get<Allocation[]>(`${route}&reverse=true&per_page=5000`);
      assert.deepEqual(
        backwards.json.map(({ JobID }) => JobID),
        [second, child],
        table,
      );
    }
    await contract.stop(second);
    await contract.withStatus(second, 'complete');
  });

  it('collects what is dead, and leaves what lives', async () => {
    const dead = await contract.dispatched(parent);
    await contract.withStatus(dead, 'running');
    await contract.stop(dead);
    await contract.withStatus(dead, 'complete');
    await contract.isDead(dead);
    assert.equal((await contract.nomad('PUT', '/v1/system/gc')).status, 200);
    await eventually('collected', async () => (await contract.job(dead)).status === 404);
    await eventually('no allocation', async () => (await contract.allocations(dead)).length === 0);
    assert.equal((await contract.job(child)).json.Status, 'running');
    assert.equal((await contract.allocations(child)).length, 1);
    assert.equal((await contract.job(parent)).json.Status, 'running');
  });
});
