/** Versions of a study: what is published stays as it is, and whoever has begun stays on it. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { startWeb } from '../../src/cli/web.js';
import { endOverdue } from '../../src/participants/overdue.js';
import { Preparation } from '../../src/participants/preparation.js';
import { rejoin } from '../../src/participants/leave.js';
import { replayStudy } from '../../src/participants/replay.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { listVersions } from '../../src/participants/study-version.js';
import type { Document } from '../../src/studies/document.js';
import { exitSurveySchema } from '../../src/studies/exit-survey.js';
import { questionsSchema } from '../../src/studies/questions.js';
import type { Study } from '../../src/studies/read.js';
import { revisionOf } from '../../src/studies/revision.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { poll } from '../poll.js';
import { forgetEverybody, one, workingPerson } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { Typist } from './typist.js';
import { answer, BOXES, giveConsent, takePart, toConsent, visitor } from './way-in.js';

const LINK = '/?study=crypto-api';

/** Another study in every part that a participant sees after the consent. */
function changed(study: Study): Study {
  const asked = { kind: 'text', question: 'New?', required: false } as const;
  return {
    ...study,
    title: 'Another title',
    language: 'de',
    texts: { ...study.texts, howTo: '<p>another how-to</p>', consent: '<p>another consent</p>' },
    instance: { ...study.instance, idleMinutes: 1, maxHours: 1 },
    keepDays: 1,
    notebook: { ...study.notebook, completion: false },
    record: { ...study.record, pastes: false },
    skipSurvey: questionsSchema.parse([{ id: 'new', ...asked }]),
    exitSurvey: exitSurveySchema.parse({ questions: [{ id: 'new', ...asked }] }),
    caps: { maxParticipants: null, perAddressAndDay: null },
    conditions: study.conditions.map((condition) => ({
      ...condition,
      document: shorter(condition.document),
      starterFiles: [{ path: 'new.txt', text: 'new' }],
    })),
  };
}

const shorter = ({ tasks }: Document): Document => ({ tasks: tasks.slice(0, 2) });

describe('versions of a study', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  let first: Study;
  before(async () => {
    web = await RunningWeb.start();
    first = { ...web.study, caps: { maxParticipants: null, perAddressAndDay: null } };
  });
  after(() => web?.stop());
  beforeEach(() => publishStudy(web.database, first));
  afterEach(() => forgetEverybody(web));

  const versions = async () => (await listVersions(web.database, web.study.id)).map(({ number }) => number);
  const configuration = async (typist: Typist): Promise<object> => {
    const { state, ...rest } = (await (await typist.get('notebook')).json()) as { state: object };
    assert.ok(state);
    return rest;
  };

  it('are the same for the same files, another for others, and go back to one that was there', async () => {
    const before = await versions();
    const again = await publishStudy(web.database, first);
    assert.deepEqual(again, { version: before.at(-1)!, revision: revisionOf(first), known: true });
    const next = await publishStudy(web.database, { ...first, title: 'Once more' });
    assert.deepEqual([next.version, next.known], [before.length + 1, false]);
    assert.notEqual(next.revision, again.revision);
    assert.deepEqual(await publishStudy(web.database, first), again);
    assert.deepEqual(await versions(), [...before, next.version]);
    assert.equal(await one<number>(web, 'select version as it from studies where id = $1', first.id), again.version);
  });

  it('are as many as there are contents, however many publish at once', async () => {
    const before = (await versions()).length;
    const titles = ['a', 'b', 'a', 'b', 'a', 'b'];
    const published = await Promise.all(
      titles.map((title) => publishStudy(web.database, { ...first, title: `At once ${title}` })),
    );
    assert.equal((await versions()).length, before + 2);
    assert.equal(published.filter(({ known }) => !known).length, 2);
  });

  for (const table of ['study_versions', 'condition_versions', 'version_files']) {
    it(`cannot be changed or removed: ${table}`, async () => {
      const refused = /a published version is never changed/;
      await assert.rejects(web.database.query(`update ${table} set study_id = study_id`), refused);
      await assert.rejects(web.database.query(`delete from ${table}`), refused);
    });
  }

  it('hold the files from which they were made', async () => {
    const { rows } = await web.database.query<{ path: string; text: string }>(
      `select path, convert_from(content, 'UTF8') as text from version_files where study_id = $1 and version = 1`,
      [first.id],
    );
    assert.deepEqual(Object.fromEntries(rows.map(({ path, text }) => [path, text])), first.files);
  });

  it('keep whoever began, in all that they see, over a restart of the web app too', async () => {
    const person = await workingPerson(web);
    const before = await configuration(person.typist);
    const howTo = await (await person.who.request('/howTo')).text();
    await publishStudy(web.database, changed(first));
    assert.deepEqual(await configuration(person.typist), before);
    const restarted = await startWeb(web.settings, pino({}, new Writable({ write: (_chunk, _, done) => done() })));
    try {
      const who = new PlainParticipant(restarted.address);
      for (const [name, value] of person.who.cookies) who.cookies.set(name, value);
      assert.equal((await who.request('/')).headers.get('location'), person.typist.path);
      assert.deepEqual(await configuration(Typist.at(who, person.typist.path)), before);
      assert.equal(await (await who.request('/howTo')).text(), howTo);
    } finally {
      await restarted.stop();
    }
    // What is recorded, for how long they may be away, and how long what they leave is kept.
    const paste = { text: 'copied', characters: 6, own: false };
    const open = person.typist.event('open', { width: 1, height: 1, language: 'en', resumed: false });
    await person.typist.send(open, person.typist.event('paste', paste));
    assert.deepEqual(await one(web, `select data as it from events where type = 'paste'`), paste);
    assert.deepEqual(await endOverdue(web.database, new Date(Date.now() + 10 * 60_000)), []);
    await person.typist.finish();
    const survey = await person.who.request('/survey');
    assert.equal(new URL(survey.headers.get('location')!, web.address).pathname, '/demo/exit-survey');
    const newcomer = await workingPerson(web);
    const { study, document } = (await configuration(newcomer.typist)) as { study: object; document: Document };
    assert.deepEqual(study, { id: first.id, title: 'Another title', language: 'de' });
    assert.equal(document.tasks.length, 2);
    assert.deepEqual((await replayStudy(web.database, first.id)).differences, []);
    const counts = (await listVersions(web.database, first.id)).map(({ participants }) => participants);
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      2,
    );
  });

  it('keep whoever comes back after they were away', async () => {
    const { id, typist } = await workingPerson(web);
    const before = await configuration(typist);
    assert.equal((await endOverdue(web.database, new Date(Date.now() + 1e9))).length, 1);
    await publishStudy(web.database, changed(first));
    assert.equal(await rejoin(web.database, id), 'joined');
    await web.makeReady(1);
    const again = Typist.at(typist.who, await typist.who.assigned());
    assert.deepEqual({ ...(await configuration(again)), submitKey: null }, { ...before, submitKey: null });
  });

  it('decide which files lie beside the notebook', async () => {
    await publishStudy(web.database, changed(first));
    const person = await workingPerson(web);
    await publishStudy(web.database, first);
    const placed = new Map<string, readonly string[]>();
    const preparation = new Preparation({
      database: web.database,
      log: pino({ level: 'silent' }),
      instances: {
        prepare: (id, files) => {
          placed.set(
            id,
            files.map(({ path }) => path),
          );
          return Promise.resolve();
        },
      },
    });
    preparation.hurry();
    await poll('the files are placed', () => Promise.resolve(placed.has(person.typist.instance)), 20);
    await preparation.stop();
    assert.deepEqual(placed.get(person.typist.instance), ['new.txt']);
  });

  it('are consented to by nobody who has read another one', async () => {
    const who = await toConsent(web, LINK);
    const { version } = await publishStudy(web.database, changed(first));
    const form = (given: string) =>
      who.request('/howTo', { method: 'POST', body: new URLSearchParams([...BOXES, ['version', given]]) });
    const refused = await form(String(version - 1));
    const page = await refused.text();
    assert.equal(refused.status, 409);
    assert.match(page, /data-test="changed"[^]*another consent/);
    assert.equal(await one<number>(web, 'select count(*)::int as it from participants where condition is not null'), 0);
    assert.equal(/name="version" value="(\d+)"/.exec(page)![1], String(version));
    assert.equal(await answer(form(String(version))), '303 /howTo');
    assert.equal(await one<number>(web, 'select version as it from participants'), version);
  });

  it('are never mixed, however people join while another one is published', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => toConsent(web, LINK)));
    const [, ...answers] = await Promise.all([
      publishStudy(web.database, changed(first)),
      ...people.map((who) => answer(giveConsent(who))),
    ]);
    for (const said of answers) assert.match(said, /^(303 \/howTo|409.*)$/);
    const { rows } = await web.database.query<{ good: boolean }>(
      `select p.version = v.number and c.document is not null as good from participants p
       left join study_versions v on v.study_id = p.study_id and v.number = p.version
       left join condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition
       where p.condition is not null`,
    );
    assert.ok(rows.every(({ good }) => good));
    assert.equal(rows.length, answers.filter((said) => said.startsWith('303')).length);
  });

  it('are given to who joined under the software before, and to studies that have none', async () => {
    const who = visitor(web);
    await takePart(web, LINK, who);
    await web.database.query(`update participants set version = null`);
    await web.database.query(`insert into studies (id, title, definition, revision) values ('old', 'Old', '{}', 'r')`);
    await web.database.query(
      `insert into conditions (study_id, number, name, factors, document) values ('old', 1, 'only', '{}', '{"tasks": []}')`,
    );
    await web.database.query(
      `insert into participants (id, study_id, token, condition) values ('old000000001', 'old', 'token0000001', 1)`,
    );
    await web.database.query('select begin_versions()');
    assert.equal(await one(web, `select version as it from participants where study_id = 'old'`), 1);
    await web.database.query(`update participants set condition = condition where version is null`);
    assert.equal(await one(web, `select count(*)::int as it from participants where version is null`), 0);
  });
});
