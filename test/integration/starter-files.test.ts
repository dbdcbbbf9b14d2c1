/** The study's files are there when the participant's program looks for them, on each instance that the participant gets. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { type LocalInstance, startInstance } from '../../src/local/instance.js';
import { instanceToken } from '../../src/platform/identity.js';
import { Nomad } from '../../src/platform/nomad/client.js';
import { readSettings } from '../../src/platform/settings.js';
import { eventually, PlainParticipant, type RunningPlatform, startPlatform } from '../browser/running-platform.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { KernelClient, request } from '../../src/simulate/kernel-client.js';

describe('the starter files at an instance', function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  let runDir: string;
  let instance: LocalInstance;

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-instance-'));
    instance = await startInstance({ cache: new Cache(undefined, () => undefined), cleanup, runDir });
  });
  after(async () => {
    await cleanup.stopAll();
    await rm(runDir, { recursive: true, force: true });
  });

  const put = async (name: string, body: string) =>
    (await request(instance, `files/${name}`, { method: 'PUT', body })).status;
  const read = (name: string) => readFile(path.join(instance.home, name), 'utf8');

  it('are written once: what the participant changed stays', async () => {
    assert.equal(await put('data.csv', 'a,b\nä,🙂\n'), 201);
    assert.equal(await read('data.csv'), 'a,b\nä,🙂\n');
    assert.equal(await put('data.csv', 'a,b\nä,🙂\n'), 200);
    await writeFile(path.join(instance.home, 'data.csv'), 'mine');
    assert.equal(await put('data.csv', 'a,b\n'), 200);
    assert.equal(await read('data.csv'), 'mine');
  });

  it('follow no link that a program laid', async () => {
    const outside = path.join(runDir, 'outside');
    await symlink(outside, path.join(instance.home, 'laid'));
    assert.equal(await put('laid', 'x'), 200);
    await assert.rejects(readFile(outside), /ENOENT/);
    await unlink(path.join(instance.home, 'laid'));
  });

  for (const [name, status] of [
    ['.bashrc', 400],
    ['..', 404],
    ['%2e%2e', 404],
    ['a%2fb', 400],
    ['..%2fout', 400],
    ['a%00b', 400],
    ['a/b', 404],
    ['ä', 400],
    ['x'.repeat(101), 400],
  ] as const) {
    it(`are refused as ${name.slice(0, 20)}: ${status}`, async () => {
      assert.equal(await put(name, 'x'), status);
    });
  }

  it('are refused beyond 1 MiB, and leave nothing behind', async () => {
    assert.equal(await put('large', 'x'.repeat(1024 * 1024 + 1)), 413);
    const left = (await readdir(instance.home)).filter((name) => name.startsWith('.starter-') || name === 'large');
    assert.deepEqual(left, []);
  });
});

describe('a participant of a study with starter files', function () {
  this.timeout(120_000);
  let platform: RunningPlatform;
  let participant: PlainParticipant;
  let first: string;

  before(async () => {
    platform = await startPlatform(2);
    const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    const conditions = study.conditions.map((condition) => ({
      ...condition,
      starterFiles: [{ path: 'data.csv', text: `library\n${condition.factors['library']}\n` }],
    }));
    await publishStudy(platform.database, { ...study, conditions });
    participant = new PlainParticipant(platform.stack.publicUrl);
    await participant.consent();
  });
  after(() => platform?.stop());

  /** What a program of the participant's reads there. */
  async function fileAt(instance: string): Promise<string> {
    await eventually('the instance is made ready', async () => {
      const { rowCount } = await platform.database.query(
        'select from leases where instance_id = $1 and prepared_at is not null',
        [instance],
      );
      return rowCount === 1;
    });
    const kernels = (await (await participant.request(`/proxy/${instance}/api/kernels`)).json()) as unknown[];
    assert.equal(kernels.length, 1, 'the kernel runs already, and it is one');
    const token = instanceToken(platform.stack.environment['OBSERVATORY_SECRET']!, instance);
    const kernel = await KernelClient.start({ address: await bareAddress(instance), token });
    const { printed } = await kernel.run('print(open("data.csv").read(), end="")');
    kernel.close();
    return printed;
  }

  async function bareAddress(instance: string): Promise<string> {
    const { CONSUL_HTTP_ADDR: consul, OBSERVATORY_INSTANCE_JOB: service } = platform.stack.environment;
    const all = (await (await fetch(`${consul}/v1/catalog/service/${service}`)).json()) as {
      ServiceTags: string[];
      ServiceAddress: string;
      ServicePort: number;
    }[];
    const own = all.find(({ ServiceTags: tags }) => tags.some((tag) => tag.includes(`i-${instance}.`)))!;
    return `http://${own.ServiceAddress}:${own.ServicePort}/proxy/${instance}/api/`;
  }

  async function expected(): Promise<string> {
    const { rows } = await platform.database.query<{ library: string }>(
      `select c.factors->>'library' as library from participants p
       join condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition`,
    );
    return `library\n${rows[0]!.library}\n`;
  }

  it('finds the files of the condition, and a kernel that was started in advance', async () => {
    first = (await eventually('an instance', () => participant.assigned())).split('/')[2]!;
    assert.equal(await fileAt(first), await expected());
  });

  it('finds them again on the instance that takes the place of one that died', async () => {
    const { rows } = await platform.database.query<{ job: string }>(
      'select job_id as job from instances where id = $1',
      [first],
    );
    const nomad = new Nomad(readSettings({ ...process.env, ...platform.stack.environment }));
    await nomad.stop(rows[0]!.job);
    nomad.close();
    const second = await eventually('another instance', async () => {
      const assigned = (await participant.assigned())?.split('/')[2];
      return assigned === first ? undefined : assigned;
    });
    assert.equal(await fileAt(second), await expected());
  });
});
