import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, eventLines, eventually, parentJob, startBackend, type Backend, type Reply } from './support.js';

/** What we rely on in Nomad, asked of a real one (NOMAD_ADDR) and of the stand-in alike. Ids are new in each run. */
describe('Nomad contract', function () {
  this.timeout(60_000);
  const run = randomBytes(4).toString('hex');
  const id = (name: string) => `contract-${run}-${name}`;
  const web = id('web');
  const token = () => randomBytes(6).toString('hex');
  const parents = new Set<string>();
  let backend: Backend;
  let jobFile: string;

  const nomad = (method: string, route: string, body?: unknown): Promise<Reply> =>
    call(backend.nomad, method, route, body);
  const consul = async (route: string) => (await call(backend.consul, 'GET', route)).json;
  const list = async (table: string, filter: string, more = '') =>
    (await nomad('GET', `/v1/${table}?filter=${encodeURIComponent(filter)}${more}`)).json;
  const childrenOf = (parent: string) => list('jobs', `ParentID == "${parent}"`);
  const job = (child: string) => nomad('GET', `/v1/job/${encodeURIComponent(child)}`);
  const stop = (child: string) => nomad('DELETE', `/v1/job/${encodeURIComponent(child)}`);
  const allocations = async (child: string) =>
    (await nomad('GET', `/v1/job/${encodeURIComponent(child)}/allocations`)).json;
  const evaluations = async (child: string) =>
    (await nomad('GET', `/v1/job/${encodeURIComponent(child)}/evaluations`)).json;

  async function register(definition: object): Promise<Reply> {
    parents.add((definition as { ID: string }).ID);
    return nomad('PUT', '/v1/jobs', { Job: definition });
  }

  function dispatch(parent: string, instance: string, idempotency = instance): Promise<Reply> {
    const route = `/v1/job/${parent}/dispatch?idempotency_token=${idempotency}`;
    return nomad('POST', route, { Meta: { instance_id: instance } });
  }

  async function dispatched(parent: string, instance = token()): Promise<string> {
    const reply = await dispatch(parent, instance);
    assert.equal(reply.status, 200, reply.text);
    return reply.json.DispatchedJobID;
  }

  const withStatus = (child: string, ...statuses: string[]) =>
    eventually(`${child} ${statuses.join(' or ')}`, async () => {
      const [allocation] = await allocations(child);
      return statuses.includes(allocation?.ClientStatus) && allocation;
    });

  before(async () => {
    backend = await startBackend();
    jobFile = await readFile(new URL('../../jobs/instance.nomad.hcl', import.meta.url), 'utf8');
    const server = ['-c', 'exec python3 -m http.server --bind ${NOMAD_IP_http} ${NOMAD_PORT_http}'];
    await register(parentJob(web, { command: '/bin/sh', args: server, service: true }));
  });

  after(async () => {
    for (const parent of parents) {
      for (const child of await childrenOf(parent))
        await nomad('DELETE', `/v1/job/${encodeURIComponent(child.ID)}?purge=true`);
      await nomad('DELETE', `/v1/job/${parent}?purge=true`);
    }
    await backend.stop();
  });

  describe('agent', () => {
    it('names a leader and is healthy', async () => {
      assert.match((await nomad('GET', '/v1/status/leader')).json, /^127\.0\.0\.1:\d+$/);
      const health = await nomad('GET', '/v1/agent/health');
      assert.deepEqual(health.json.server, { message: 'ok', ok: true });
      assert.equal((await nomad('GET', '/v1/agent/self')).json.config.Region, 'global');
    });

    it('has no path to another region', async () => {
      const reply = await nomad('GET', '/v1/jobs?region=nowhere');
      assert.deepEqual([reply.status, reply.text], [500, 'No path to region']);
    });
  });

  describe('job files', () => {
    const parse = (file: string, variables = '') =>
      nomad('POST', '/v1/jobs/parse', { JobHCL: file, Variables: variables, Canonicalize: false });

    it('reads jobs/instance.nomad.hcl with variables', async () => {
      const variables = `job_id = "${id('file')}"\ndriver = "raw_exec"\nmemory = 64\ndatacenters = ["dc1", "dc2"]\n`;
      const { status, json } = await parse(jobFile, variables);
      assert.equal(status, 200);
      assert.deepEqual([json.ID, json.Name, json.Type], [id('file'), id('file'), 'batch']);
      assert.deepEqual(json.Datacenters, ['dc1', 'dc2']);
      assert.deepEqual(json.ParameterizedJob.MetaRequired, ['instance_id', 'token_hash']);
      const [group] = json.TaskGroups;
      assert.equal(group.Tasks.length, 1);
      const [task] = group.Tasks;
      assert.deepEqual([task.Name, task.Driver, task.KillTimeout], ['server', 'raw_exec', 5e9]);
      assert.deepEqual(task.Resources, { ...task.Resources, CPU: 512, MemoryMB: 64 });
      assert.ok(task.Config.args.includes('INSTANCE_PORT=${NOMAD_PORT_http}'), 'run-time names stay');
      assert.equal(group.Services[0].Checks[0].Interval, 1e9);
      assert.ok(group.Services[0].Tags.some((tag: string) => tag.includes('`/proxy/${NOMAD_META_instance_id}/api/`')));
    });

    it('chooses the docker task by variable', async () => {
      const { json } = await parse(jobFile, 'driver = "docker"\nimage = "registry.example/instance:1"\n');
      const [task, ...more] = json.TaskGroups[0].Tasks;
      assert.deepEqual([task.Driver, task.Config.image, more.length], ['docker', 'registry.example/instance:1', 0]);
      assert.equal(task.Env.INSTANCE_PORT, '${NOMAD_PORT_http}');
      assert.deepEqual(task.Config.mount[0].tmpfs_options, [{ size: 33554432 }]);
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
      const { json } = await parse(jobFile, `job_id = "${id('file')}"\ndriver = "raw_exec"\n`);
      assert.equal((await register(json)).status, 200);
      assert.equal((await job(id('file'))).json.Status, 'running');
    });
  });

  describe('registration', () => {
    it('refuses a job without groups with 500', async () => {
      const reply = await nomad('PUT', '/v1/jobs', { Job: { ID: id('bad'), Name: id('bad'), Type: 'batch' } });
      assert.equal(reply.status, 500);
      assert.match(reply.text, /Missing job task groups/);
    });

    it('changes nothing when the same comes again, and counts versions when it differs', async () => {
      const parent = id('versions');
      const first = await register(parentJob(parent, { command: '/bin/sleep', args: ['60'] }));
      const again = await register(parentJob(parent, { command: '/bin/sleep', args: ['60'] }));
      assert.equal(again.json.JobModifyIndex, first.json.JobModifyIndex);
      assert.equal((await job(parent)).json.Version, 0);
      const old = await dispatched(parent);
      await register(parentJob(parent, { command: '/bin/sleep', args: ['61'] }));
      assert.equal((await job(parent)).json.Version, 1);
      const young = await dispatched(parent);
      assert.deepEqual([(await job(old)).json.Version, (await job(young)).json.Version], [0, 1]);
    });

    it('keeps the whole definition, with defaults', async () => {
      const { json } = await job(web);
      assert.deepEqual([json.Namespace, json.Region, json.Priority, json.ParentID], ['default', 'global', 50, '']);
      assert.deepEqual([json.Status, json.Stop, json.Dispatched], ['running', false, false]);
      const [group] = json.TaskGroups;
      assert.deepEqual(group.RestartPolicy, { ...group.RestartPolicy, Attempts: 0, Mode: 'fail' });
      assert.deepEqual(group.Constraints[0].LTarget, '${attr.consul.version}');
      assert.equal(group.Services[0].Checks[0].Name, `service: "${web}" check`);
    });

    it('answers 404 for an unknown job, and nothing for its allocations', async () => {
      const unknown = await job(id('unknown'));
      assert.deepEqual([unknown.status, unknown.text], [404, 'job not found']);
      const none = await nomad('GET', `/v1/job/${id('unknown')}/allocations`);
      assert.deepEqual([none.status, none.json], [200, []]);
      const deleted = await stop(id('unknown'));
      assert.deepEqual([deleted.status, deleted.json.EvalID], [200, '']);
    });
  });

  describe('plan', () => {
    const plan = (memoryMB: number) =>
      nomad('POST', `/v1/job/${web}/plan`, {
        Job: parentJob(web, { command: '/bin/sleep', args: ['1'], memoryMB }),
        Diff: true,
      });

    it('tells of room for one more child', async () => {
      const { status, json } = await plan(32);
      assert.equal(status, 200);
      assert.equal(json.FailedTGAllocs, null);
      assert.equal(json.Annotations.DesiredTGUpdates.instance.Place, 1);
      assert.equal(json.Diff.Type, 'Edited');
    });

    it('tells why there is none', async () => {
      const { json } = await plan(9_999_999);
      assert.deepEqual(json.FailedTGAllocs.instance.DimensionExhausted, { memory: 1 });
      assert.equal(json.CreatedEvals[0].Status, 'blocked');
    });
  });

  describe('dispatch', () => {
    it('refuses wrong meta, a payload, an unknown parent: 500 and text', async () => {
      const wrong = async (parent: string, body: object) => {
        const { status, text } = await nomad('POST', `/v1/job/${parent}/dispatch`, body);
        return [status, text.trim()];
      };
      const missing = 'Dispatch did not provide required meta keys: [instance_id]';
      const unknown = 'Dispatch request included unpermitted metadata keys: [zz]';
      const payload = 'Payload provided but forbidden by parameterized job';
      const instance_id = token();
      assert.deepEqual(await wrong(web, { Meta: {} }), [500, missing]);
      assert.deepEqual(await wrong(web, { Meta: { instance_id, zz: '1' } }), [500, unknown]);
      assert.deepEqual(await wrong(web, { Meta: { instance_id }, Payload: 'eA==' }), [500, payload]);
      assert.deepEqual(await wrong(id('unknown'), { Meta: {} }), [500, 'parameterized job not found']);
    });

    it('gives the same child for the same token, dead or alive, until it is purged', async () => {
      const parent = id('tokens');
      await register(parentJob(parent, { command: '/bin/sleep', args: ['60'] }));
      const instance = token();
      const child = await dispatched(parent, instance);
      const again = await dispatch(parent, instance);
      assert.deepEqual([again.json.DispatchedJobID, again.json.EvalID], [child, '']);
      await withStatus(child, 'running');
      await stop(child);
      await withStatus(child, 'complete');
      assert.equal(await dispatched(parent, instance), child);
      await nomad('DELETE', `/v1/job/${encodeURIComponent(child)}?purge=true`);
      assert.equal((await job(child)).status, 404);
      assert.notEqual(await dispatched(parent, instance), child);
    });

    it('makes a child that filters find by parent, meta and token', async () => {
      const instance = token();
      const child = await dispatched(web, instance);
      const ids = async (filter: string) => (await list('jobs', filter)).map((row: { ID: string }) => row.ID);
      assert.ok((await ids(`ParentID == "${web}"`)).includes(child));
      assert.deepEqual(await ids(`Meta.instance_id == "${instance}"`), [child]);
      assert.deepEqual(await ids(`DispatchIdempotencyToken == "${instance}" and ParentID == "${web}"`), [child]);
      assert.deepEqual(await ids(`Meta.instance_id == "${instance}" and ParentID == "elsewhere"`), []);
      const { json } = await job(child);
      assert.deepEqual([json.ParentID, json.Dispatched, json.Meta], [web, true, { instance_id: instance }]);
      await stop(child);
    });

    it('refuses other filters with 400', async () => {
      for (const filter of ['ParentID in ["x"]', 'ParentID ==']) {
        const { status, text } = await nomad('GET', `/v1/jobs?filter=${encodeURIComponent(filter)}`);
        assert.equal(status, 400, filter);
        assert.match(text, /failed to read filter expression/);
      }
    });

    it('lists by prefix, in pages', async () => {
      const route = `/v1/jobs?prefix=contract-${run}&per_page=1`;
      const first = await nomad('GET', route);
      const next = first.headers.get('x-nomad-nexttoken') ?? '';
      assert.match(next, /^default\.contract-/);
      const second = await nomad('GET', `${route}&next_token=${encodeURIComponent(next)}`);
      assert.deepEqual([first.json.length, second.json.length], [1, 1]);
      assert.equal(`default.${second.json[0].ID}`, next);
    });
  });

  describe('life of a child', () => {
    it('is registered in Consul as critical, then passing, and leaves it before the process ends', async () => {
      const instance = token();
      // Slow to start, so that the time before the first passing check can be seen, and slow to end.
      const late = `trap 'sleep 1; exit 0' INT; sleep 1.5; python3 -m http.server --bind \${NOMAD_IP_http} \${NOMAD_PORT_http} & wait`;
      const parent = id('life');
      await register(parentJob(parent, { command: '/bin/bash', args: ['-c', late], service: true }));
      const child = await dispatched(parent, instance);
      const entry = () => consul(`/v1/health/service/${parent}`).then(([first]) => first);
      const checkOf = (found: any) => found?.Checks.find((check: any) => check.ServiceName === parent);
      const early = await eventually('entry in Consul', entry);
      assert.equal(checkOf(early).Status, 'critical');
      assert.ok(
        early.Service.Tags.some((tag: string) =>
          tag.includes(`i-${instance}.rule=PathPrefix(\`/proxy/${instance}/api/\`)`),
        ),
      );
      const [allocation] = await list('allocations', `Job.ParentID == "${parent}"`, '&resources=true');
      const [port] = allocation.AllocatedResources.Shared.Ports;
      assert.deepEqual([port.Label, early.Service.Port, early.Service.Address], ['http', port.Value, port.HostIP]);
      const passing = await eventually('passing check', async () => {
        const check = checkOf(await entry());
        return check?.Status === 'passing' && check;
      });
      assert.match(passing.Output, new RegExp(`/\\?i=${instance}: 200 OK`));
      assert.equal((await withStatus(child, 'running')).JobID, child);

      const stopped = await stop(child);
      assert.match(stopped.json.EvalID, /^[0-9a-f-]{36}$/);
      await eventually('dead', async () => (await job(child)).json.Status === 'dead');
      assert.equal((await job(child)).json.Version, 1);
      await eventually('no entry in Consul', async () => (await entry()) === undefined);
      const [dying] = await allocations(child);
      assert.deepEqual(
        [dying.ClientStatus, dying.DesiredStatus],
        ['running', 'stop'],
        'the job is dead, its process not yet',
      );
      await withStatus(child, 'complete');
    });

    it('keeps children when their parent changes or is purged', async () => {
      const parent = id('orphans');
      await register(parentJob(parent, { command: '/bin/sleep', args: ['60'] }));
      const child = await dispatched(parent);
      await withStatus(child, 'running');
      await nomad('DELETE', `/v1/job/${parent}?purge=true`);
      await sleep(500);
      assert.equal((await withStatus(child, 'running')).DesiredStatus, 'run');
      await stop(child);
    });

    it('fails by its own death, is not restarted, and says why', async () => {
      const parent = id('dies');
      await register(parentJob(parent, { command: '/bin/sh', args: ['-c', 'echo why >&2; exit 3'] }));
      const child = await dispatched(parent);
      const allocation = await withStatus(child, 'failed');
      const { Failed, Events } = allocation.TaskStates.server;
      const types = Events.map((event: { Type: string }) => event.Type);
      assert.equal(Failed, true);
      assert.deepEqual(types, ['Received', 'Task Setup', 'Started', 'Terminated', 'Not Restarting']);
      assert.equal(Events[3].ExitCode, 3);
      await eventually('dead', async () => (await job(child)).json.Status === 'dead');
      const logs = await nomad('GET', `/v1/client/fs/logs/${allocation.ID}?task=server&type=stderr&plain=true`);
      assert.equal(logs.text, 'why\n');
    });

    it('fails when its command is not there', async () => {
      const parent = id('nothing');
      await register(parentJob(parent, { command: '/no/such/command', args: [] }));
      const { TaskStates } = await withStatus(await dispatched(parent), 'failed');
      const failure = TaskStates.server.Events.find((event: { Type: string }) => event.Type === 'Driver Failure');
      assert.match(failure.DisplayMessage, /"\/no\/such\/command" could not be found/);
    });

    it('never runs with an unknown name in its arguments', async () => {
      const parent = id('typo');
      await register(parentJob(parent, { command: '/bin/sleep', args: ['${NOT_THERE}'] }));
      const child = await dispatched(parent);
      await withStatus(child, 'pending', 'failed');
      await sleep(1500);
      await withStatus(child, 'pending', 'failed');
    });

    it('answers an allocation whole, and 404 for an unknown one', async () => {
      const [row] = await list('allocations', `Job.ParentID == "${id('dies')}"`);
      const { json } = await nomad('GET', `/v1/allocation/${row.ID}`);
      assert.deepEqual([json.Job.ParentID, json.JobID], [id('dies'), row.JobID]);
      const unknown = await nomad('GET', '/v1/allocation/00000000-0000-0000-0000-000000000000');
      assert.deepEqual([unknown.status, unknown.text], [404, 'alloc not found']);
      assert.equal((await nomad('GET', '/v1/allocation/x')).status, 500);
    });
  });

  describe('no room', () => {
    it('blocks the evaluation, says what is exhausted, and cancels it when the child is stopped', async () => {
      const parent = id('too-big');
      await register(parentJob(parent, { command: '/bin/sleep', args: ['60'], memoryMB: 9_999_999 }));
      const child = await dispatched(parent);
      const blocked = await eventually('blocked evaluation', async () => {
        const [found] = await list('evaluations', `JobID == "${child}" and Status == "blocked"`);
        return found;
      });
      assert.deepEqual(blocked.FailedTGAllocs.instance.DimensionExhausted, { memory: 1 });
      assert.equal(blocked.StatusDescription, 'created to place remaining allocations');
      const first = (await evaluations(child)).find(
        (found: { TriggeredBy: string }) => found.TriggeredBy === 'job-register',
      );
      assert.deepEqual([first.Status, first.BlockedEval], ['complete', blocked.ID]);
      assert.deepEqual(await allocations(child), []);
      assert.equal((await job(child)).json.Status, 'pending');
      await stop(child);
      await eventually('canceled', async () => {
        const [found] = (await evaluations(child)).filter((other: { ID: string }) => other.ID === blocked.ID);
        return found.Status === 'canceled';
      });
    });
  });

  describe('being told', () => {
    it('wakes a blocking query at a write, and not before', async () => {
      const parent = id('blocking');
      await register(parentJob(parent, { command: '/bin/sleep', args: ['60'] }));
      const { index } = await nomad('GET', `/v1/job/${parent}/allocations`);
      const started = Date.now();
      const idle = await nomad('GET', `/v1/job/${parent}?index=${(await job(parent)).index}&wait=300ms`);
      assert.equal(idle.status, 200);
      assert.ok(Date.now() - started >= 300);
      const jobs = await nomad('GET', '/v1/jobs');
      assert.ok(jobs.index >= 1 && index >= 1);
      const waiting = nomad('GET', `/v1/jobs?index=${jobs.index}&wait=20s`);
      const child = await dispatched(parent);
      const woken = await waiting;
      assert.ok(woken.index > jobs.index);
      assert.ok(Date.now() - started < 10_000);
      await stop(child);
    });

    it('streams events: a heartbeat at once, then a line for each write', async () => {
      const parent = id('events');
      await register(parentJob(parent, { command: '/bin/sleep', args: ['60'] }));
      const abort = new AbortController();
      const lines = eventLines(backend.nomad, '/v1/event/stream?topic=Job&topic=Allocation', abort.signal);
      assert.deepEqual((await lines.next()).value, {});
      const child = await dispatched(parent);
      const seen: string[] = [];
      const wanted = [
        'Job JobRegistered',
        'Allocation PlanResult',
        'Allocation AllocationUpdated',
        'Job JobDeregistered',
      ];
      for await (const line of lines) {
        const events = (line.Events ?? []).filter(({ Key, Topic }) => Key === child || Topic === 'Allocation');
        seen.push(...events.map(({ Topic, Type }) => `${Topic} ${Type}`));
        if (seen.includes('Allocation PlanResult') && !seen.includes('Job JobDeregistered')) await stop(child);
        if (wanted.every((type) => seen.includes(type))) break;
      }
      abort.abort();
      assert.equal(seen.indexOf('Job JobRegistered') < seen.indexOf('Allocation PlanResult'), true);
    });
  });
});
