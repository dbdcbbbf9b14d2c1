/** The way out: the exit survey elsewhere, and the page of our own, on a real Postgres. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { publishStudy } from '../../src/participants/study-store.js';
import { exitSurveySchema } from '../../src/studies/exit-survey.js';
import type { PlainParticipant } from '../browser/running-platform.js';
import { forgetEverybody, one, type Person, workingPerson } from './old-people.js';
import { RunningWeb } from './running-web.js';

const ADDRESS = '/survey/questions';
const questions = [
  { id: 'age', kind: 'number', question: 'How old are you?', min: 18, max: 120 },
  { id: 'why', kind: 'text', question: 'Why <b>so</b>?', lines: 4, required: false },
  { id: 'used', kind: 'choice', several: true, question: 'What do you use?', options: ['vim', 'emacs', 'VS Code'] },
  { id: 'first', kind: 'choice', question: 'Which came first?', options: ['egg', '<script>hen</script>'] },
  { id: 'hard', kind: 'likert', question: 'How hard was it?', low: '"easy"', high: 'hard' },
  { id: 'helped', kind: 'matrix', question: 'What helped?', rows: ['text', 'editor'], options: ['no', 'yes'] },
  { id: 'table', kind: 'matrix', question: 'And?', rows: ['a'], options: ['no', 'yes'], required: false },
];
type Fields = [string, string][];
const complete: Fields = [
  ['q0', '33,5'],
  ['q1', 'one\r\ntwo\0\r\n'],
  ['q2', '0'],
  ['q2', '2'],
  ['q3', '1'],
  ['q4', '5'],
  ['q5-0', '1'],
  ['q5-1', '0'],
];
const answers = {
  ...{ age: 33.5, why: 'one\ntwo\uFFFD', used: ['vim', 'VS Code'], first: '<script>hen</script>', hard: 5 },
  helped: { text: 'yes', editor: 'no' },
};

/** Of docs/researchers.md: a survey elsewhere, and one here. */
function documented(): { exitSurvey: { url?: string } }[] {
  const page = readFileSync(new URL('../../docs/researchers.md', import.meta.url), 'utf8');
  const [, section = ''] = /\n## Exit survey\n(.*?)\n## /s.exec(page) ?? [];
  return [...section.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => parse(yaml!) as { exitSurvey: object });
}

describe('the exit survey', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());
  afterEach(async () => {
    await web.database.query('truncate answers');
    await forgetEverybody(web);
  });

  const working = async (exitSurvey: object, language: 'en' | 'de' = 'en', entry: object = {}): Promise<Person> => {
    const caps = { maxParticipants: null, perAddressAndDay: null };
    const survey = exitSurveySchema.parse(exitSurvey);
    await publishStudy(web.database, {
      ...{ ...web.study, language, caps, exitSurvey: survey },
      entry: { ...web.study.entry, ...entry },
    });
    return workingPerson(web);
  };
  const finished = async (...given: Parameters<typeof working>): Promise<Person> => {
    const person = await working(...given);
    assert.equal((await person.typist.finish()).status, 200);
    return person;
  };
  const send = ({ who }: Person, fields: Fields) =>
    who.request(ADDRESS, { method: 'POST', body: new URLSearchParams(fields) });
  const page = async ({ who }: Person) => (await who.request(ADDRESS)).text();
  const stored = async (): Promise<unknown[]> =>
    (await web.database.query<{ answers: unknown }>('select answers from answers')).rows.map((row) => row.answers);
  const leadsTo = async (who: PlainParticipant, path: string) => (await who.request(path)).headers.get('location');

  it('defect 26: nothing is added to the address of a survey elsewhere but the parameters that the study names', async () => {
    const plain = await finished({ url: 'https://survey.example/a', parameters: {} });
    assert.equal(await leadsTo(plain.who, '/survey'), 'https://survey.example/a');
    assert.equal(await leadsTo(plain.who, `/survey/${plain.id}/${plain.token}`), 'https://survey.example/a');
    const url = 'https://survey.example/a?lang=en#top';
    assert.equal(await leadsTo((await finished({ url, parameters: {} })).who, '/survey'), url);
    const named = await finished({ url, parameters: { c: '%condition%', o: '%origin%' } });
    assert.match((await leadsTo(named.who, '/survey'))!, /^https:\/\/survey\.example\/a\?lang=en&c=[1-4]&o=0#top$/);
  });

  it('asks the questions of the study, stores the answers once, and thanks', async () => {
    const person = await finished({ questions, thanks: 'You may <i>leave</i> **now**.' });
    assert.equal(await leadsTo(person.who, '/survey'), ADDRESS);
    const asked = await page(person);
    assert.match(asked, /Why &lt;b&gt;so&lt;\/b&gt;\?/);
    assert.match(asked, /<span>&lt;script&gt;hen&lt;\/script&gt;<\/span>/);
    assert.match(asked, /aria-label="1: &quot;easy&quot;"/);
    for (const { id } of questions) assert.ok(asked.includes(`data-test="question-${id}"`), id);
    assert.doesNotMatch(asked, /<script/);
    const sent = await send(person, complete);
    assert.deepEqual([sent.status, sent.headers.get('location')], [303, ADDRESS]);
    assert.match(
      await page(person),
      /data-test="survey-thanks".*You may &lt;i&gt;leave&lt;\/i&gt; <strong>now<\/strong>\./s,
    );
    assert.deepEqual(await stored(), [answers]);
    const again = await send(person, [['q0', '99'], ...complete.slice(1)]);
    assert.deepEqual([again.status, again.headers.get('location')], [303, ADDRESS]);
    assert.equal((await send(person, [])).status, 303);
    assert.deepEqual(await stored(), [answers], 'the first answers stand');
    const { rows } = await web.database.query('select participant_id, study_id, revision from answers');
    const revision = await one(web, 'select revision as it from studies where id = $1', web.study.id);
    assert.deepEqual(rows, [{ participant_id: person.id, study_id: web.study.id, revision }]);
  });

  it('stores one row, whole, when ten different forms are posted at once', async () => {
    const person = await finished({ questions });
    const ages = Array.from({ length: 10 }, (_, index) => 20 + index);
    const sent = await Promise.all(ages.map((age) => send(person, [['q0', String(age)], ...complete.slice(1)])));
    assert.deepEqual(new Set(sent.map(({ status }) => status)), new Set([303]));
    const [only, ...more] = (await stored()) as { age: number }[];
    assert.deepEqual(more, []);
    assert.ok(ages.includes(only!.age));
    assert.deepEqual({ ...only, age: 33.5 }, answers);
  });

  it('tells beside each question what is wrong, in the language of the study, and keeps what was typed', async () => {
    const person = await finished({ questions }, 'de');
    const answer = await send(person, [
      ['q0', '7'],
      ['q1', '</textarea><script>alert(1)</script>'],
      ['q2', '2'],
      ['q5-1', '1'],
    ]);
    const shown = await answer.text();
    assert.equal(answer.status, 422);
    assert.deepEqual(await stored(), []);
    assert.match(shown, /<html lang="de">/);
    assert.match(shown, /<title>Fehler: /);
    assert.match(shown, /4 Antworten fehlen/);
    assert.deepEqual(
      [...shown.matchAll(/<a href="#([^"]*)"/g)].map(([, target]) => target),
      ['q0', 'q3_0', 'q4_1', 'q5-0_0'],
    );
    assert.match(shown, /id="q0_problem">Bitte geben Sie eine Zahl von 18 bis 120 ein\.</);
    assert.match(shown, /id="q3_problem">Bitte beantworten Sie diese Frage\.</);
    assert.match(shown, /id="q5_problem">Bitte beantworten Sie jede Zeile\.</);
    assert.doesNotMatch(shown, /id="q[126]_problem"/);
    assert.match(shown, /value="7" name="q0"/);
    assert.match(shown, /&lt;\/textarea&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;<\/textarea>/);
    assert.doesNotMatch(shown, /<script/);
    assert.match(shown, /id="q2_2" value="2" checked/);
    assert.match(shown, /id="q5-1_1" value="1" checked/);
    assert.equal((await send(person, complete)).status, 303);
    assert.deepEqual(await stored(), [answers]);
  });

  const without = (name: string): Fields => complete.filter(([field]) => field !== name);
  const wrong: Record<string, Fields> = {
    'an option that does not exist': [...without('q3'), ['q3', '7']],
    'an option that is no number': [...without('q2'), ['q2', 'constructor']],
    'an empty option': [...without('q3'), ['q3', '']],
    'a point beyond the scale': [...without('q4'), ['q4', '6']],
    'a point between two': [...without('q4'), ['q4', '1.5']],
    'an option of a row that does not exist': [...without('q5-0'), ['q5-0', '2']],
    'an infinite number': [...without('q0'), ['q0', '1e999']],
    'a number in words': [...without('q0'), ['q0', 'thirty']],
    'a text without end': [...without('q1'), ['q1', 'x'.repeat(10_001)]],
    'nothing at all': [],
  };
  it('refuses what cannot be an answer, and shows the form again', async () => {
    const person = await finished({ questions });
    for (const [name, fields] of Object.entries(wrong)) {
      const answer = await send(person, fields);
      assert.equal(answer.status, 422, name);
      assert.match(await answer.text(), /class="problem"/, name);
      assert.deepEqual(await stored(), [], name);
    }
    assert.equal((await send(person, complete)).status, 303);
  });

  it('takes no field that it did not ask for, and the first of two where one is meant', async () => {
    const person = await finished({ questions });
    const more: Fields = [
      ['__proto__', 'x'],
      ['age', '99'],
      ['q0', '99'],
      ['q7', '1'],
      ['q5-2', '1'],
    ];
    assert.equal((await send(person, [...complete, ...more])).status, 303);
    assert.deepEqual(await stored(), [answers]);
  });

  it('takes nothing too large, and nothing but a form', async () => {
    const person = await finished({ questions });
    assert.equal((await send(person, [['q1', 'x'.repeat(3 << 20)]])).status, 413);
    const headers = { 'content-type': 'text/plain' };
    assert.equal((await person.who.request(ADDRESS, { method: 'POST', headers, body: 'q0=33' })).status, 415);
    assert.deepEqual(await stored(), []);
  });

  it('is only for the participant of the session', async () => {
    const person = await finished({ questions });
    const nobody = await fetch(web.address + ADDRESS, { redirect: 'manual' });
    const forged = await fetch(web.address + ADDRESS, {
      method: 'POST',
      headers: { cookie: `observatory=${person.id}; observatory.sig=${'A'.repeat(27)}` },
      body: new URLSearchParams(complete),
    });
    assert.deepEqual([nobody.status, forged.status], [401, 401]);
    assert.deepEqual(await stored(), []);
    const other = await workingPerson(web);
    assert.equal((await other.typist.finish()).status, 200);
    // Neither an id nor a token in the request makes somebody else of a session.
    await other.who.request(`${ADDRESS}?participant=${person.id}&token=${person.token}`, {
      method: 'POST',
      body: new URLSearchParams([...complete, ['participant_id', person.id]]),
    });
    const { rows } = await web.database.query('select participant_id as id from answers');
    assert.deepEqual(rows, [{ id: other.id }]);
    assert.doesNotMatch(await page(person), /survey-thanks/);
  });

  it('leads back to the notebook who has not finished', async () => {
    const person = await working({ questions });
    assert.equal(await leadsTo(person.who, ADDRESS), '/');
    assert.equal(await leadsTo(person.who, '/'), person.typist.path);
    assert.equal((await send(person, complete)).headers.get('location'), '/');
    assert.deepEqual(await stored(), []);
  });

  it('is where the address of the original leads, which finishes', async () => {
    const person = await working({ questions });
    assert.equal(await leadsTo(person.who, `/survey/${person.id}/${person.token}`), ADDRESS);
    assert.equal((await person.who.request(ADDRESS)).status, 200);
  });

  it('leads on from a study without questions, and back to a recruiting service', async () => {
    const elsewhere = await finished({ url: '/demo/exit-survey' });
    assert.equal(await leadsTo(elsewhere.who, ADDRESS), '/survey');
    const returnTo = { completed: { url: 'https://recruiting.example/done', parameters: { cc: 'X&Y' } } };
    const person = await finished({ questions }, 'en', { returnTo });
    await send(person, complete);
    assert.match(await page(person), /href="https:\/\/recruiting\.example\/done\?cc=X%26Y"/);
  });

  it('is as docs/researchers.md shows it, elsewhere and here', async () => {
    const [elsewhere, here, ...more] = documented();
    assert.deepEqual(more, []);
    const sent = await finished(elsewhere!.exitSurvey);
    const address = new URL((await leadsTo(sent.who, '/survey'))!);
    assert.equal(address.origin + address.pathname, 'https://survey.example/index.php/12345');
    const { lang, uid, cond, ...others } = Object.fromEntries(address.searchParams);
    assert.deepEqual([lang, uid, others], ['en', sent.id, {}]);
    assert.match(cond!, /^[1-4]$/);

    const asked = await finished(here!.exitSurvey);
    const fields: Fields = [
      ['q0', '33'],
      ['q1', '4'],
      ['q2', ''],
    ];
    assert.equal((await send(asked, fields)).status, 303);
    assert.deepEqual(await stored(), [{ age: 33, hard: 4 }]);
    assert.match(await page(asked), /<strong>next year<\/strong>/);
  });
});
