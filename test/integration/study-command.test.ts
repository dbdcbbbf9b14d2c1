/** The commands on studies, on a real Postgres, as a researcher types them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

  async function observatory(...args: string[]): Promise<string> {
    const main = path.join(packageRoot, 'src/cli/main.ts');
    const { stdout } = await run(process.execPath, ['--import', 'tsx', main, ...args], {
      env: { ...process.env, ...services.environment },
      cwd: packageRoot,
    });
    return stdout;
  }

  const refused = (...args: string[]): Promise<string> =>
    observatory(...args).then(
      (out) => assert.fail(`it was done: ${out}`),
      (error: unknown) => (error as { stderr: string }).stderr,
    );

  it('checks a folder without a database, and says where what is wrong stands', async () => {
    assert.match(await observatory('study', 'check', FOLDER), /^Study crypto-api can be published: .*\n {2}1 {2}\S/);
    const broken = path.join(runDir, 'broken');
    await cp(FOLDER, broken, { recursive: true });
    const file = path.join(broken, 'study.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^title:/m, 'titel:'));
    assert.match(await refused('study', 'check', broken), /study\.yaml.*titel/s);
  });

  it('opens, pauses and closes a study, says so again, and refuses one that there is not', async () => {
    assert.match(await observatory('study', 'list'), /^No study is published/);
    await observatory('study', 'publish', FOLDER);
    assert.match(await observatory('study', 'list'), /^crypto-api {2}open {2}0 completed, 0 in flight {2}/);
    assert.equal(await observatory('study', 'pause', 'crypto-api'), 'Study crypto-api is paused; it was open.\n');
    assert.equal(await observatory('study', 'pause', 'crypto-api'), 'Study crypto-api is paused already.\n');
    assert.equal(await observatory('study', 'open', 'crypto-api'), 'Study crypto-api is open; it was paused.\n');
    assert.equal(await observatory('study', 'close', 'crypto-api'), 'Study crypto-api is closed; it was open.\n');
    assert.match(await observatory('study', 'list'), /^crypto-api {2}closed/);
    assert.match(await refused('study', 'open', 'nowhere'), /There is no study "nowhere"/);
  });
});
