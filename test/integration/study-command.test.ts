/** The commands on studies, on a real Postgres, as a researcher types them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { packageRoot } from '../../src/platform/root.js';

const run = promisify(execFile);
const FOLDER = path.join(packageRoot, 'studies/crypto-api');

describe('observatory study', function () {
  this.timeout(120_000);
  let runDir: string;
  let services: LocalServices;
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-study-'));
    services = await startServices({ runDir, only: ['postgres'] });
    await observatory('migrate');
  });
  after(async () => {
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  const observatory = (...args: string[]): Promise<string> => observatoryIn({}, ...args);

  async function observatoryIn(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
    const main = path.join(packageRoot, 'src/cli/main.ts');
    const { stdout } = await run(process.execPath, ['--import', 'tsx', main, ...args], {
      env: { ...process.env, ...services.environment, ...environment },
      cwd: packageRoot,
    });
    return stdout;
  }

  const refused = (...args: string[]): Promise<string> => refusedIn({}, ...args);

  const refusedIn = (environment: NodeJS.ProcessEnv, ...args: string[]): Promise<string> =>
    observatoryIn(environment, ...args).then(
      (out) => assert.fail(`it was done: ${out}`),
      (error: unknown) => (error as { stderr: string }).stderr,
    );

  it('checks a folder without a database, and says where what is wrong stands', async () => {
    const unchecked = await observatory('study', 'check', FOLDER, '--no-run');
    assert.match(unchecked, /^Study crypto-api: 4 tasks, 4 conditions, .*\n {2}1 {2}\S/);
    assert.match(unchecked, /Its code was not run\.\nIt can be published\.\n$/);
    const broken = path.join(runDir, 'broken');
    await cp(FOLDER, broken, { recursive: true });
    const file = path.join(broken, 'study.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^title:/m, 'titel:'));
    assert.match(await refused('study', 'check', broken), /study\.yaml:\d+:1 titel: .*did you mean `title`/s);
  });

  it('says which code does not run, and that it could not be run where there is no Python', async () => {
    const broken = path.join(runDir, 'failing');
    await cp(FOLDER, broken, { recursive: true });
    await writeFile(path.join(broken, 'tasks/symmetric/check.py'), 'import gone');
    const failing = await refused('study', 'check', broken);
    assert.match(
      failing,
      /^- tasks\/symmetric\/check\.py:1: ModuleNotFoundError: .*\(task symmetric, cell symmetric-5\)$/m,
    );
    assert.match(failing, /`expect: error`/);
    const node = path.join(runDir, 'only-node');
    await mkdir(node);
    await symlink(process.execPath, path.join(node, 'node'));
    const without = await refusedIn({ PATH: node }, 'study', 'check', broken);
    assert.match(without, /could not be run on this machine: there is no python3.*`--no-run`/s);
  });

  it('opens, pauses and closes a study, says so again, and refuses one that there is not', async () => {
    assert.match(await observatory('study', 'list'), /^No study is published/);
    assert.match(
      await observatory('study', 'publish', FOLDER),
      /is published as version 1 \([0-9a-f]{12}\), with 4 cond/,
    );
    assert.match(
      await observatory('study', 'publish', FOLDER),
      /are version 1 \([0-9a-f]{12}\), which is published already/,
    );
    assert.match(
      await observatory('study', 'list'),
      /^crypto-api {2}open {2}version 1 {2}0 completed, 0 in flight {2}/,
    );
    assert.equal(await observatory('study', 'pause', 'crypto-api'), 'Study crypto-api is paused; it was open.\n');
    assert.equal(await observatory('study', 'pause', 'crypto-api'), 'Study crypto-api is paused already.\n');
    assert.equal(await observatory('study', 'open', 'crypto-api'), 'Study crypto-api is open; it was paused.\n');
    assert.equal(await observatory('study', 'close', 'crypto-api'), 'Study crypto-api is closed; it was open.\n');
    assert.match(await observatory('study', 'list'), /^crypto-api {2}closed/);
    const changed = path.join(runDir, 'changed');
    await cp(FOLDER, changed, { recursive: true });
    const file = path.join(changed, 'study.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^title:.*$/m, 'title: Another title'));
    assert.match(await observatory('study', 'publish', changed), /is published as version 2 /);
    const versions = await observatory('study', 'versions', 'crypto-api');
    assert.match(
      versions,
      /^1 {2}[0-9a-f]{12} {2}.* UTC {2}0 participants\n2 {2}.* 0 participants {2}for newcomers\n$/,
    );
    assert.match(await refused('study', 'versions', 'nowhere'), /There is no study "nowhere"/);
    assert.match(await refused('study', 'open', 'nowhere'), /There is no study "nowhere"/);
  });
});
