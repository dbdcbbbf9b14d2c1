/** What the control pages show of an instance through Nomad: the web app on a real Postgres, and tasks that run in the stand-in. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cache } from '../../src/local/cache.js';
import { standInEnvironment } from '../../src/local/jupyter.js';
import { startStandIn, type StandIn } from '../../src/local/nomad/standin.js';
import { poll } from '../poll.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';

const ROOT = 'root-of-the-stand-in';
const tokens = [
  { secret: ROOT, name: 'root', management: true },
  { secret: 'web', name: 'web', namespaces: { default: ['read-job', 'read-logs'] } },
  { secret: 'no-logs', name: 'no-logs', namespaces: { default: ['read-job'] } },
  { secret: 'nothing', name: 'nothing', namespaces: {} },
];

describe('an instance’s page with Nomad', function () {
  this.timeout(180_000);
  let runDir: string;
  let nomad: StandIn;
  let between: Server;
  let web: RunningWeb;
  let researcher: Staff;
  let viewer: Staff;
  /** What is between the web app and Nomad: it asks with this token, or does something else. */
  let way: string;

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-nomad-'));
    const { python } = await standInEnvironment(new Cache(undefined, () => undefined));
    // No job here has a service, so nothing is asked of Consul.
    nomad = await startStandIn({ port: 0, consulAddr: 'http://127.0.0.1:1', dataDir: runDir, python, tokens });
    between = createServer((asked, answer) => {
      if (way === 'silent') return;
      if (way === 'a page') return void answer.end('<h1>Sign in first</h1>');
      if (way === 'endless' && asked.url?.includes('/fs/logs/')) {
        answer.on('error', () => undefined);
        const pour = (): void => {
          while (!answer.destroyed && answer.write('x'.repeat(65_536)));
        };
        answer.on('drain', pour);
        pour();
        return;
      }
      const token = way === 'endless' ? 'web' : way;
      const headers = { ...asked.headers, 'x-nomad-token': token };
      const passed = request(new URL(asked.url!, nomad.address), { method: asked.method, headers }, (from) => {
        answer.writeHead(from.statusCode!, from.headers);
        from.pipe(answer);
      });
      asked.pipe(passed);
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    web = await RunningWeb.start({
      OBSERVATORY_WEB_NOMAD_ADDR: `http://127.0.0.1:${(between.address() as AddressInfo).port}`,
    });
    researcher = await Staff.with(web, 'rita', 'researcher', ['crypto-api']);
    viewer = await Staff.with(web, 'vera', 'viewer', ['crypto-api']);
  });
  after(async () => {
    await web?.stop();
    between?.closeAllConnections();
    between?.close();
    await nomad?.stop();
    await rm(runDir, { recursive: true, force: true });
  });
  beforeEach(() => {
    way = 'web';
  });

  const ask = async <T>(method: string, route: string, body?: object): Promise<T> => {
    const headers = { 'x-nomad-token': ROOT, 'content-type': 'application/json' };
    const answer = await fetch(new URL(route, nomad.address), {
      ...{ method, headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json() as Promise<T>;
  };

  /** An instance whose task in Nomad is this shell command; the path of its page. */
  async function running(script: string, until: 'running' | 'complete' = 'running'): Promise<string> {
    const [id] = (await web.makeReady(1)) as [string];
    const task = {
      ...{ Name: 'server', Driver: 'raw_exec', Config: { command: '/bin/sh', args: ['-c', script] } },
      ...{ Resources: { CPU: 10, MemoryMB: 32 }, LogConfig: { MaxFiles: 1, MaxFileSizeMB: 5 }, KillTimeout: 1e9 },
    };
    const group = {
      ...{ Name: 'instance', Count: 1, EphemeralDisk: { SizeMB: 11 }, Tasks: [task] },
      ...{ RestartPolicy: { Attempts: 0, Mode: 'fail' }, ReschedulePolicy: { Attempts: 0, Unlimited: false } },
    };
    const ID = `parent-${id}`;
    await ask('PUT', '/v1/jobs', {
      Job: { ID, Name: ID, Type: 'batch', Datacenters: ['*'], ParameterizedJob: {}, TaskGroups: [group] },
    });
    const { DispatchedJobID: child } = await ask<{ DispatchedJobID: string }>('POST', `/v1/job/${ID}/dispatch`, {});
    await web.database.query('update instances set job_id = $2 where id = $1', [id, child]);
    const route = `/v1/job/${encodeURIComponent(child)}/allocations`;
    await poll(
      `it is ${until}`,
      async () => (await ask<{ ClientStatus: string }[]>('GET', route))[0]?.ClientStatus === until,
      30,
    );
    return `/control/instances/${id}`;
  }
  const part = (page: string, name: string) => new RegExp(`data-test="${name}"[^>]*>([^<]*)<`).exec(page)?.[1]?.trim();
  /** The page once the log has what was written. */
  const written = (who: Staff, at: string, words: string) =>
    poll(
      words,
      async () => {
        const page = await who.page(at);
        return page.includes(words) ? page : undefined;
      },
      30,
    );

  it('shows the memory of its limit, and the last lines that it wrote', async () => {
    const at = await running('echo to-stdout; for n in $(seq 1 300); do echo line-$n >&2; done; exec sleep 600');
    const page = await written(researcher, at, 'line-300');
    assert.match(part(page, 'memory')!, /^\d+\.\d MB of 32 MB in use$/);
    assert.equal(part(page, 'log-stdout'), 'to-stdout');
    const lines = part(page, 'log-stderr')!.split('\n');
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [200, 'line-101', 'line-300']);
    assert.match(page, /stderr, its end/);
  });

  it('shows hostile text as text', async () => {
    const hostile = '<script>alert(1)</script></pre><img src=x onerror=alert(2)>';
    const at = await running(`printf '\\033[31m%s\\033[0m \\342\\200\\256 end' '${hostile}' >&2; exec sleep 600`);
    const page = await written(researcher, at, '⟨U+202E⟩ end');
    assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;&lt;/pre&gt;&lt;img src=x'));
    assert.doesNotMatch(page, /<script>alert|<img|\u202e|\x1b/u);
  });

  it('keeps the log from viewers, since participants’ programs write there', async () => {
    const at = await running('echo secret-of-a-participant >&2; exec sleep 600');
    await written(researcher, at, 'secret-of-a-participant');
    const page = await viewer.page(at);
    assert.match(part(page, 'memory')!, /MB in use$/);
    assert.doesNotMatch(page, /secret-of-a-participant/);
    assert.match(page, /only researchers and admins see it/);
  });

  it('says of one that has ended what it had and what it said last', async () => {
    const at = await running('echo last-words >&2', 'complete');
    const page = await written(researcher, at, 'last-words');
    assert.equal(part(page, 'memory'), 'it does not run; it had 32 MB');
  });

  it('says when it has written nothing, and when Nomad knows nothing of it', async () => {
    assert.equal(part(await researcher.page(await running('exec sleep 600')), 'no-log'), 'It has written nothing.');
    const [id] = (await web.makeReady(1)) as [string];
    const page = await researcher.page(`/control/instances/${id}`);
    assert.match(part(page, 'no-log')!, /^Nomad has nothing of it/);
    assert.match(part(page, 'memory')!, /^Nomad has nothing of it/);
  });

  it('says what the token lacks', async () => {
    const at = await running('echo here >&2; exec sleep 600');
    await written(researcher, at, 'here');
    way = 'no-logs';
    const page = await researcher.page(at);
    assert.match(part(page, 'memory')!, /MB in use$/);
    assert.match(part(page, 'no-log')!, /does not let this page see it.*lacks read-logs/);
    for (way of ['nothing', 'a token that nobody knows'])
      assert.match(part(await researcher.page(at), 'memory')!, /lacks read-job/, way);
  });

  it('says that Nomad does not answer, and shows the rest', async () => {
    const at = await running('exec sleep 600');
    way = 'silent';
    const page = await researcher.page(at);
    assert.equal(part(page, 'memory')?.startsWith('Nomad does not answer now: no answer in the time given.'), true);
    assert.match(part(page, 'no-log')!, /^Nomad does not answer now/);
    assert.equal(part(page, 'state'), 'ready');
    way = 'a page';
    assert.match(part(await researcher.page(at), 'memory')!, /^Nomad answered 200 not understood/);
  });

  it('takes no more of a log than it asked for', async () => {
    const at = await running('echo here >&2; exec sleep 600');
    way = 'endless';
    const page = await researcher.page(at);
    assert.match(part(page, 'no-log')!, /cut or too long/);
    assert.ok(page.length < 20_000);
  });
});
