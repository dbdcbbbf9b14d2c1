/** The commands of docs/api.md, run as they stand there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { loadStudy } from '../../bench/load-study.js';
import { packageRoot } from '../../src/platform/root.js';
import { ApiClient } from './api-client.js';
import { PERSON } from './control-cases.js';
import { addSubjects } from './control-subjects.js';
import { RunningWeb } from './running-web.js';

describe('docs/api.md', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'observatory-api-docs-'));
    web = await RunningWeb.start();
    await loadStudy(web.database, { study: web.study, participants: 120, events: 500 });
    await addSubjects(web);
  });
  after(async () => {
    await web?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('has commands that do what it says', async () => {
    const text = await readFile(path.join(packageRoot, 'docs/api.md'), 'utf8');
    const commands = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join('\n');
    const { token } = await ApiClient.with(web, 'anna', 'researcher', ['crypto-api']);
    const env = {
      PATH: process.env['PATH'],
      TOKEN: token!,
      CONTROL_URL: web.address,
      PARTICIPANT: PERSON,
      SOMEBODY: 'made00000001',
    };
    const { stdout } = await promisify(execFile)('sh', ['-euc', commands], { cwd: folder, env, maxBuffer: 1e8 });
    const pages = stdout.match(/"participants":\[/g);
    // The finished, then all 123 by 50.
    assert.equal(pages?.length, 1 + 3);
    assert.match(stdout, new RegExp(`{"erased":"${PERSON}"}$`));
    assert.ok((await stat(path.join(folder, 'crypto-api.zip'))).size > 10_000);
    const lines = (await readFile(path.join(folder, 'person.jsonl'), 'utf8')).trimEnd().split('\n');
    assert.ok(lines.every((line) => 'row' in (JSON.parse(line) as object)));
    const { rows } = await web.database.query<{ line: string }>(
      `select concat_ws(' ', subject, to_state) as line from audit where actor = 'anna (token test)' order by id`,
    );
    assert.deepEqual(
      rows.map(({ line }) => line),
      ['study paused', 'study open', 'participant erased', 'study exported', 'participant exported'],
    );
  });
});
