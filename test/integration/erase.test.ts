/** After an erasure nothing is left of who it was: not in a table or view, in Redis, in the logs or in a new export. */
import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { exportStudy } from '../../src/control/export/export.js';
import { openExport } from '../../src/control/export/zip-reader.js';
import { erase, eraseOld, ownTables } from '../../src/participants/erase.js';
import { type ExitSurvey, exitSurveySchema } from '../../src/studies/exit-survey.js';
import { codePayload, forgetEverybody, wrapped } from './old-people.js';
import { submitKey } from '../../src/platform/identity.js';
import { RunningWeb, SECRET } from './running-web.js';
import { Typist } from './typist.js';
import { participants, takePart, withEntry } from './way-in.js';

const TYPED = 'typed-by-this-one';
const DAY = 24 * 3600 * 1000;

describe('erasing a participant', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  let exitSurvey: ExitSurvey;
  before(async () => {
    web = await RunningWeb.start({ OBSERVATORY_LOG_LEVEL: 'debug' });
    const questions = [{ id: 'why', kind: 'text', question: 'Why?' }];
    exitSurvey = exitSurveySchema.parse({ questions });
    await withEntry(web, { by: ['pid'] }, { exitSurvey });
  });
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  /** Somebody who has left something in every table, and all by which they could be known. */
  async function person(pid: string): Promise<{ id: string; marks: string[] }> {
    await web.makeReady(1);
    const who = await takePart(web, `/?study=crypto-api&pid=${pid}`);
    const typist = Typist.at(who, await who.assigned());
    const [{ id, token }] = (await participants<{ id: string; token: string }>(web, 'id, token')).slice(-1) as [
      { id: string; token: string },
    ];
    const words = `${TYPED}-${pid}`;
    const typed = (kind: 'run' | 'open', data: object) => typist.event(kind, data);
    const { document } = (await (await typist.get('notebook')).json()) as { document: never };
    await typist.sendWith(
      { seq: 2, document },
      typed('open', { width: 1, height: 1, language: 'en', resumed: false }),
      typed('run', { source: words }),
    );
    const credentials = { id, token, key: submitKey(SECRET, typist.instance), typist, who };
    const code = wrapped(credentials, codePayload(credentials, { status: 'r' }));
    const pasted = { type: 'pasted', user_id: id, token, tasknum: 1, cellid: 1, code: words };
    for (const body of [code, wrapped(credentials, pasted)])
      await who.request('/submit', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await fetch(`${web.address}/getcode/${id}/${token}`);
    await typist.post('finish', { seq: 2 });
    await who.request('/survey/questions', { method: 'POST', body: new URLSearchParams({ why: words }) });
    return { id, marks: [id, token, pid, words] };
  }

  /** Every table and view, row by row as text. */
  async function tablesWith(mark: string): Promise<string[]> {
    const { rows: tables } = await web.database.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('observatory', 'accounts', 'upstream', 'public')`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const { rows } = await web.database.query(`select from ${name} t where t::text like '%' || $1 || '%' limit 1`, [
        mark,
      ]);
      if (rows.length > 0) found.push(name);
    }
    return found;
  }

  async function redisWith(mark: string): Promise<string[]> {
    const redis = new Redis(web.settings.REDIS_URL);
    try {
      const keys = await redis.keys('*');
      const dumps = await Promise.all(
        keys.map(async (key) => `${key} ${(await redis.dumpBuffer(key)).toString('latin1')}`),
      );
      return dumps.filter((dump) => dump.includes(mark));
    } finally {
      redis.disconnect();
    }
  }

  async function exportWith(marks: readonly string[]): Promise<string[]> {
    const folder = await mkdtemp(path.join(tmpdir(), 'observatory-erase-'));
    try {
      const file = path.join(folder, 'export.zip');
      const output = createWriteStream(file);
      await exportStudy({
        ...{ database: web.database, studyId: 'crypto-api', format: 'native', output },
        progress: () => undefined,
      });
      const opened = await openExport(file);
      const found: string[] = [];
      for (const { path: name } of opened.manifest.files) {
        const content = await text(await opened.read(name));
        found.push(...marks.filter((mark) => content.includes(mark)).map((mark) => `${name}: ${mark}`));
      }
      opened.close();
      return found;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  it('leaves nothing of them anywhere, and all of another', async () => {
    const gone = await person('pid-of-who-goes');
    const stays = await person('pid-of-who-stays');
    for (const mark of gone.marks) assert.notDeepEqual(await tablesWith(mark), [], mark);
    assert.notDeepEqual(await exportWith(gone.marks), []);

    assert.equal(await erase(web.database, { participant: gone.id, actor: 'operator', reason: 'they asked' }), true);

    for (const mark of gone.marks) {
      assert.deepEqual(await tablesWith(mark), [], mark);
      assert.deepEqual(await redisWith(mark), [], mark);
      assert.deepEqual(
        web.lines.filter((line) => JSON.stringify(line).includes(mark)),
        [],
      );
    }
    assert.deepEqual(await exportWith(gone.marks), []);
    for (const mark of stays.marks) assert.notDeepEqual(await tablesWith(mark), [], mark);
    assert.equal(await erase(web.database, { participant: gone.id, actor: 'operator', reason: 'again' }), false);
  });

  it('knows every table that refers to participants', async () => {
    const { rows } = await web.database.query<{ name: string }>(
      `select conrelid::regclass::text as name from pg_constraint
       where contype = 'f' and confrelid = 'participants'::regclass and confdeltype <> 'c'`,
    );
    const names = new Set(rows.map(({ name }) => name));
    // Invitations name who used them, and events have no such constraint: they are the largest table.
    assert.deepEqual([...names, 'events'].sort(), [...ownTables, 'invitations'].sort());
  });

  it('leaves a tombstone without identity, and the counters as they were', async () => {
    const counted = async () =>
      (await web.database.query('select scope, name, value from counters order by scope, name')).rows as unknown[];
    const { id } = await person('pid-of-a-tombstone');
    const before = await counted();
    await erase(web.database, { participant: id, actor: 'operator', reason: 'they asked' });
    assert.deepEqual(await counted(), before);
    const { rows } = await web.database.query(
      `select study_id, state, actor, reason, condition is not null as "hasCondition" from erased order by number desc limit 1`,
    );
    assert.deepEqual(rows, [
      { study_id: 'crypto-api', state: 'finished', actor: 'operator', reason: 'they asked', hasCondition: true },
    ]);
  });

  it('withdraws who still takes part: the instance retires and the place is given back', async () => {
    const [instance] = await web.makeReady(1);
    const who = await takePart(web, '/?study=crypto-api&pid=pid-at-work');
    assert.equal(await who.assigned(), `/proxy/${instance}/`);
    const [{ id }] = (await participants<{ id: string }>(web, 'id')) as [{ id: string }];
    await erase(web.database, { participant: id, actor: 'operator', reason: 'they asked' });
    const { rows } = await web.database.query('select state from instances where id = $1', [instance]);
    assert.deepEqual(rows, [{ state: 'retiring' }]);
    const counters = await web.database.query(`select value from counters where scope = 'study' and name = 'inFlight'`);
    assert.deepEqual(counters.rows, [{ value: '0' }]);
    assert.equal((await who.request('/howTo')).headers.get('location'), '/');
  });

  it('happens by the study’s own rule, to who ended so long ago', async () => {
    await person('pid-of-an-earlier-version');
    assert.equal(await eraseOld(web.database, new Date(Date.now() + 1000 * DAY)), 0);
    await withEntry(web, { by: ['pid'] }, { exitSurvey, keepDays: 30 });
    const { id } = await person('pid-of-long-ago');
    assert.equal(await eraseOld(web.database, new Date(Date.now() + 29 * DAY)), 0);
    assert.equal(await eraseOld(web.database, new Date(Date.now() + 31 * DAY)), 1);
    assert.deepEqual(await tablesWith(id), []);
    // The other one began with a version that keeps what they leave.
    assert.equal((await participants(web, 'id')).length, 1);
  });
});
