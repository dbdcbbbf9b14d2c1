import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Job } from '../../src/local/nomad/types.js';
import { Contract, eventLines, newInstance, parentJob } from './client.js';

interface Plan {
  Annotations: { DesiredTGUpdates: Record<string, { Place: number }> };
  CreatedEvals: { Status: string }[] | null;
  Diff: { Type: string };
  FailedTGAllocs: Record<string, { DimensionExhausted: Record<string, number> }> | null;
}

/** What we rely on in Nomad, asked of a real one (NOMAD_ADDR) and of the stand-in alike: calls and their answers. */
describe('Nomad contract: calls', function () {
  this.timeout(60_000);
  const contract = new Contract();
  const web = contract.id('web');
  const sleeper = (name: string, seconds = 60) =>
    parentJob(contract.id(name), { command: '/bin/sleep', args: [String(seconds)] });
  let jobFile: string;

  before(async () => {
    await contract.start();
    jobFile = await readFile(new URL('../../jobs/instance.nomad.hcl', import.meta.url), 'utf8');
    await contract.register(parentJob(web, { command: '/bin/sleep', args: ['60'], service: true }));
  });

  after(() => contract.finish());

  describe('agent', () => {
    it('names a leader and is healthy', async () => {
      assert.match((await contract.nomad<string>('GET', '/v1/status/leader')).json, /^127\.0\.0\.1:\d+$/);
      const health = await contract.nomad<{ server: unknown }>('GET', '/v1/agent/health');
      assert.deepEqual(health.json.server, { message: 'ok', ok: true });
      const self = await contract.nomad<{ config: { Region: string } }>('GET', '/v1/agent/self');
      assert.equal(self.json.config.Region, 'global');
    });

    it('has no path to another region, and nothing in another namespace', async () => {
      const reply = await contract.nomad('GET', '/v1/jobs?region=nowhere');
      assert.deepEqual([reply.status, reply.text], [500, 'No path to region']);
      assert.deepEqual((await contract.nomad('GET', '/v1/jobs?namespace=nowhere')).json, []);
    });
  });

  describe('job files', () => {
    const parse = (file: string, variables = '') =>
      contract.nomad<Job>('POST', '/v1/jobs/parse', { JobHCL: file, Variables: variables, Canonicalize: false });

    it('reads jobs/instance.nomad.hcl with variables', async () => {
      const id = contract.id('file');
      const { status, json } = await parse(
        jobFile,
        `job_id = "${id}"\ndriver = "raw_exec"\nmemory = 256\ndatacenters = ["dc1", "dc2"]\nunknown = 1\n`,
      );
      assert.equal(status, 200);
      assert.deepEqual([json.ID, json.Name, json.Type, json.Datacenters], [id, id, 'batch', ['dc1', 'dc2']]);
      assert.deepEqual(json.ParameterizedJob?.MetaRequired, ['instance_id', 'token_hash']);
      const [group] = json.TaskGroups;
      const [task, ...more] = group?.Tasks ?? [];
      assert.deepEqual([task?.Name, task?.Driver, task?.KillTimeout, more.length], ['server', 'raw_exec', 5e9, 0]);
      assert.deepEqual([task?.Resources.CPU, task?.Resources.MemoryMB], [512, 256]);
      const args = task?.Config?.args as string[];
      assert.ok(args.includes('INSTANCE_PORT=${NOMAD_PORT_http}'), 'run-time names stay');
      assert.ok(args.includes('INSTANCE_MEMORY=256'), 'the instance knows its own limit');
      const [service] = group?.Services ?? [];
      assert.equal(service?.Checks?.[0]?.Interval, 1e9);
      assert.ok(service.Tags?.some((tag) => tag.endsWith('=PathPrefix(`/proxy/${NOMAD_META_instance_id}/api/`)')));
    });

    it('chooses the docker task by variable', async () => {
      const { json } = await parse(jobFile, 'driver = "docker"\nimage = "instance:1"\n');
      const [task, ...more] = json.TaskGroups[0]?.Tasks ?? [];
      assert.deepEqual([task?.Driver, task?.Config?.image, more.length], ['docker', 'instance:1', 0]);
      assert.equal(task?.Env?.INSTANCE_PORT, '${NOMAD_PORT_http}');
      assert.equal(String(task?.Env?.INSTANCE_MEMORY), '128');
      const [mount] = task.Config?.mount as { tmpfs_options: unknown }[];
      assert.deepEqual(mount?.tmpfs_options, [{ size: 33554432 }]);
    });

    it('refuses a bad file with 400 and text', async () => {
      for (const [file, reason] of [
        ['job "x" {', /^Failed to parse job: input\.hcl:/],
        ['job "x" {\n nonsense = 1\n}', /Unsupported argument; An argument named "nonsense" is not expected here\./],
        ['variable "a" {}\njob "x" {}', /Unset variable "a"/],
        ['locals { a = 1 }', /Missing job block/],
      ] as const) {
        const reply = await parse(file);
        assert.equal(reply.status, 400, file);
        assert.match(reply.text, reason);
      }
    });

    it('registers the parsed file', async () => {
      const { json } = await parse(jobFile, `job_id = "${contract.id('file')}"\ndriver = "raw_exec"\n`);
      assert.equal((await contract.register(json)).status, 200);
      assert.equal((await contract.job(json.ID)).json.Status, 'running');
    });
  });

  describe('registration', () => {
    it('refuses a job without groups with 500', async () => {
      const id = contract.id('bad');
      const reply = await contract.nomad('PUT', '/v1/jobs', { Job: { ID: id, Name: id, Type: 'batch' } });
      assert.equal(reply.status, 500);
      assert.match(reply.text, /Missing job task groups/);
    });

    it('changes nothing when the same comes again, and counts versions when it differs', async () => {
      const parent = contract.id('versions');
      const first = await contract.register(sleeper('versions'));
      const again = await contract.register(sleeper('versions'));
      assert.equal(again.json.JobModifyIndex, first.json.JobModifyIndex);
      assert.equal((await contract.job(parent)).json.Version, 0);
      const old = await contract.dispatched(parent);
      await contract.register(sleeper('versions', 61));
      assert.equal((await contract.job(parent)).json.Version, 1);
      const young = await contract.dispatched(parent);
      const versions = [(await contract.job(old)).json.Version, (await contract.job(young)).json.Version];
      assert.deepEqual(versions, [0, 1]);
    });

    it('keeps the whole definition, with defaults', async () => {
      const { json } = await contract.job(web);
      assert.deepEqual([json.Namespace, json.Region, json.Priority, json.ParentID], ['default', 'global', 50, '']);
      assert.deepEqual([json.Status, json.Stop, json.Dispatched], ['running', false, false]);
      const [group] = json.TaskGroups;
      assert.deepEqual([group?.RestartPolicy.Attempts, group?.RestartPolicy.Mode], [0, 'fail']);
      assert.equal(group?.Services?.[0]?.Checks?.[0]?.Name, `service: "${web}" check`);
    });

    it('answers 404 for an unknown job, nothing for its allocations, 200 for its deletion', async () => {
      const unknown = await contract.job(contract.id('unknown'));
      assert.deepEqual([unknown.status, unknown.text], [404, 'job not found']);
      assert.deepEqual(await contract.allocations(contract.id('unknown')), []);
      const deleted = await contract.stop(contract.id('unknown'));
      assert.deepEqual([deleted.status, deleted.json.EvalID], [200, '']);
    });
  });

  describe('plan', () => {
    const plan = async (memoryMB: number) => {
      const job = parentJob(web, { command: '/bin/sleep', args: ['1'], memoryMB });
      return (await contract.nomad<Plan>('POST', `/v1/job/${web}/plan`, { Job: job, Diff: true })).json;
    };

    it('tells of room for one more child', async () => {
      const { FailedTGAllocs, Annotations, Diff } = await plan(32);
      assert.equal(FailedTGAllocs, null);
      assert.equal(Annotations.DesiredTGUpdates.instance?.Place, 1);
      assert.equal(Diff.Type, 'Edited');
    });

    it('tells why there is none', async () => {
      const { FailedTGAllocs, CreatedEvals } = await plan(9_999_999);
      assert.deepEqual(FailedTGAllocs?.instance?.DimensionExhausted, { memory: 1 });
      assert.equal(CreatedEvals?.[0]?.Status, 'blocked');
    });
  });

  describe('dispatch', () => {
    it('refuses wrong meta, a payload, an unknown parent: 500 and text', async () => {
      const refusal = async (parent: string, body: object) => {
        const { status, text } = await contract.nomad('POST', `/v1/job/${parent}/dispatch`, body);
        return `${status} ${text}`;
      };
      const Meta = { instance_id: newInstance() };
      assert.equal(await refusal(web, { Meta: {} }), '500 Dispatch did not provide required meta keys: [instance_id]');
      const unpermitted = '500 Dispatch request included unpermitted metadata keys: [zz]';
      assert.equal(await refusal(web, { Meta: { ...Meta, zz: '1' } }), unpermitted);
      const payload = '500 Payload provided but forbidden by parameterized job';
      assert.equal(await refusal(web, { Meta, Payload: 'eA==' }), payload);
      assert.equal(await refusal(contract.id('unknown'), { Meta: {} }), '500 parameterized job not found');
    });

    it('gives the same child for the same token, dead or alive, until it is purged', async () => {
      const parent = contract.id('tokens');
      await contract.register(sleeper('tokens'));
      const instance = newInstance();
      const child = await contract.dispatched(parent, instance);
      const again = await contract.dispatch(parent, instance);
      assert.deepEqual([again.json.DispatchedJobID, again.json.EvalID], [child, '']);
      await contract.withStatus(child, 'running');
      await contract.stop(child);
      await contract.withStatus(child, 'complete');
      assert.equal(await contract.dispatched(parent, instance), child);
      await contract.purge(child);
      assert.equal((await contract.job(child)).status, 404);
      assert.notEqual(await contract.dispatched(parent, instance), child);
    });

    it('makes a child that filters find by parent, meta and token', async () => {
      const instance = newInstance();
      const child = await contract.dispatched(web, instance);
      const ids = async (filter: string) => (await contract.list<Job>('jobs', filter)).map(({ ID }) => ID);
      assert.ok((await ids(`ParentID == "${web}"`)).includes(child));
      assert.deepEqual(await ids(`Meta.instance_id == "${instance}"`), [child]);
      assert.deepEqual(await ids(`DispatchIdempotencyToken == "${instance}" and ParentID == "${web}"`), [child]);
      assert.deepEqual(await ids(`Meta.instance_id == "${instance}" and ParentID == "elsewhere"`), []);
      const { json } = await contract.job(child);
      assert.deepEqual([json.ParentID, json.Dispatched, json.Meta], [web, true, { instance_id: instance }]);
      await contract.stop(child);
    });

    it('refuses other filters with 400', async () => {
      for (const filter of ['ParentID in ["x"]', 'ParentID ==']) {
        const { status, text } = await contract.nomad('GET', `/v1/jobs?filter=${encodeURIComponent(filter)}`);
        assert.equal(status, 400, filter);
        assert.match(text, /failed to read filter expression/);
      }
      const typo = await contract.nomad('GET', `/v1/jobs?filter=${encodeURIComponent('Parent == "x"')}`);
      assert.equal(typo.status, 400);
      assert.match(typo.text, /struct field with name "Parent"/);
    });

    it('lists by prefix, in pages', async () => {
      const route = `/v1/jobs?prefix=contract-${contract.run}&per_page=1`;
      const first = await contract.nomad<Job[]>('GET', route);
      const next = first.headers.get('x-nomad-nexttoken') ?? '';
      const second = await contract.nomad<Job[]>('GET', `${route}&next_token=${encodeURIComponent(next)}`);
      assert.deepEqual([first.json.length, second.json.length], [1, 1]);
      assert.equal(`default.${second.json[0]?.ID}`, next);
    });
  });

  describe('being told', () => {
    it('wakes a blocking query at a write, and not before', async () => {
      const parent = contract.id('blocking');
      await contract.register(sleeper('blocking'));
      const started = Date.now();
      const { index } = await contract.job(parent);
      assert.equal((await contract.nomad('GET', `/v1/job/${parent}?index=${index}&wait=300ms`)).status, 200);
      assert.ok(Date.now() - started >= 300);
      const jobs = await contract.nomad('GET', '/v1/jobs');
      const waiting = contract.nomad('GET', `/v1/jobs?index=${jobs.index}&wait=20s`);
      const child = await contract.dispatched(parent);
      assert.ok((await waiting).index > jobs.index);
      assert.ok(Date.now() - started < 10_000);
      await contract.stop(child);
    });

    it('streams events: a heartbeat at once, then a line for each write', async () => {
      const parent = contract.id('events');
      await contract.register(sleeper('events'));
      const abort = new AbortController();
      const lines = eventLines(contract.address, '/v1/event/stream?topic=Job&topic=Allocation', abort.signal);
      assert.deepEqual((await lines.next()).value, {});
      const child = await contract.dispatched(parent);
      const wanted = [
        'Job JobRegistered',
        'Allocation PlanResult',
        'Allocation AllocationUpdated',
        'Job JobDeregistered',
      ];
      const seen: string[] = [];
      for await (const { Events = [] } of lines) {
        const own = Events.filter(({ Key, FilterKeys }) => Key === child || FilterKeys?.includes(child));
        seen.push(...own.map(({ Topic, Type }) => `${Topic} ${Type}`));
        if (seen.includes('Allocation AllocationUpdated') && !seen.includes('Job JobDeregistered')) {
          await contract.stop(child);
        }
        if (wanted.every((type) => seen.includes(type))) break;
      }
      abort.abort();
      assert.deepEqual(
        wanted.toSorted((one, other) => seen.indexOf(one) - seen.indexOf(other)),
        wanted,
      );
    });
  });
});
