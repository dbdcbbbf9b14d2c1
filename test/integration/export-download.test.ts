/** The export from the control page, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadStudy } from '../../bench/load-study.js';
import { openExport } from '../../src/control/export/zip-reader.js';
import { poll } from '../poll.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';

const PATH = '/control/studies/crypto-api/export';

describe('the export from the control page', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let researcher: Staff;
  before(async () => {
    web = await RunningWeb.start();
    await loadStudy(web.database, { study: web.study, participants: 200, events: 20_000 });
    researcher = await Staff.with(web, 'ada', 'researcher', ['crypto-api']);
  });
  after(() => web?.stop());

  it('is a download of the whole study, by a button that viewers do not have, and is audited', async () => {
    const viewer = await Staff.with(web, 'vera', 'viewer', ['crypto-api']);
    assert.ok(!(await viewer.page('/control/studies/crypto-api')).includes('data-test="export"'));
    assert.ok((await researcher.page('/control/studies/crypto-api')).includes(`action="${PATH}"`));
    const answer = await researcher.act(PATH, { format: 'native' });
    assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="crypto-api-native.zip"');
    assert.equal(answer.headers.get('content-type'), 'application/zip');
    const file = path.join(tmpdir(), `observatory-download-${process.pid}.zip`);
    await writeFile(file, Buffer.from(await answer.arrayBuffer()));
    const { manifest, close } = await openExport(file);
    close();
    const events = await web.database.query<{ n: number }>('select count(*)::int as n from events');
    assert.equal(manifest.files.find(({ path: name }) => name === 'tables/events.csv')?.rows, events.rows[0]!.n);
    const audited = await web.database.query(
      `select actor, to_state, reason from audit where subject = 'study' and study_id = 'crypto-api' and actor = 'ada'`,
    );
    assert.deepEqual(audited.rows, [{ actor: 'ada', to_state: 'exported', reason: 'native' }]);
  });

  it('refuses another format, and a study that is not there, in words', async () => {
    assert.equal((await researcher.act(PATH, { format: 'xlsx' })).status, 400);
    const admin = await Staff.with(web, 'root', 'admin');
    assert.equal((await admin.act('/control/studies/unknown/export', { format: 'native' })).status, 404);
  });

  it('ends when nobody takes it any more', async () => {
    const answer = await researcher.act(PATH, { format: 'native' });
    await answer.body!.cancel();
    const exporting = `select from pg_stat_activity where query ilike 'copy %' and state <> 'idle'`;
    await poll('no export', async () => (await web.database.query(exporting)).rowCount === 0, 10);
    assert.equal((await researcher.act(PATH, { format: 'upstream' })).status, 200);
  });
});
