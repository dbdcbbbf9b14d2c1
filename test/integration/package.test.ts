/** The package as an operator installs it: its own dependencies alone, and every file that its commands read. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServices } from '../../src/local/index.js';
import { packageRoot } from '../../src/platform/root.js';

const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe('the package', function () {
  this.timeout(300_000);
  let folder: string;
  let packed: Packed;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'observatory-package-'));
    const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
      cwd: packageRoot,
    });
    packed = (JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as Packed[])[0]!;
    await writeFile(path.join(folder, 'package.json'), '{"private":true}');
    await run('npm', ['install', '--no-audit', '--no-fund', path.join(folder, packed.filename)], { cwd: folder });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const observatory = async (args: string[], env: Record<string, string>) => {
    const program = path.join(folder, 'node_modules/.bin/observatory');
    const options = { cwd: folder, env: { PATH: process.env.PATH, ...env } };
    return run(program, args, options).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr }),
    );
  };

  it('holds what its commands read, and no tests or sources', () => {
    const files = packed.files.map((file) => file.path);
    for (const needed of [
      ...['dist/src/cli/main.js', 'dist/notebook/manifest.json', 'templates/layout.html', 'instance/requirements.txt'],
      ...['jobs/web.nomad.hcl', 'jobs/policies/deploy.hcl', 'traefik/cluster/tls.yaml', 'consul/policies/web.hcl'],
      ...['jobs/instance.nomad.hcl', 'traefik/static.yaml', 'consul/policies/manager.hcl', 'README.md', 'LICENSE'],
    ]) {
      assert.ok(files.includes(needed), needed);
    }
    assert.deepEqual(
      files.filter((file) => /^(src|test|node_modules|\.cache|\.run|dist\/test)\//.test(file)),
      [],
    );
  });

  it('migrates a database and publishes a study when it is installed, knowing of no more than Postgres', async () => {
    const services = await startServices({ runDir: path.join(folder, 'run'), only: ['postgres'] });
    try {
      const settings = { DATABASE_URL: services.environment['DATABASE_URL']! };
      const migrated = await observatory(['migrate'], settings);
      assert.equal(migrated.code, 0);
      assert.match(migrated.text, /^Applied migration 1(, \d+)*\.\n$/);
      const study = path.join(folder, 'node_modules/developer-observatory/studies/crypto-api');
      const added = await observatory(['study', 'add', study], settings);
      assert.equal(added.code, 0);
      assert.match(added.text, /^Study crypto-api is published as version 1 \([0-9a-f]{12}\), with 4 conditions\.\n$/);
    } finally {
      await services.stop();
    }
  });

  it('says in words what is missing', async () => {
    const { code, text } = await observatory(['web'], { DATABASE_URL: 'mysql://x' });
    assert.equal(code, 1);
    assert.match(text, /DATABASE_URL: read/);
    assert.match(text, /OBSERVATORY_SECRET: not set/);
    const demo = await observatory(['demo'], {});
    assert.equal(demo.code, 1);
    assert.match(demo.text, /runs from a clone/);
    assert.doesNotMatch(text + demo.text, /\bat .*:\d+:\d+/);
  });
});
