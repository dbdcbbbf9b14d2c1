/** Participants on the control pages: leafed through, looked at one by one, taken out, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { ChangeSet } from '@codemirror/state';
import { publishStudy } from '../../src/participants/study-store.js';
import type { Document } from '../../src/studies/document.js';
import { forgetEverybody, one, type Person, workingPerson } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';
import { answer } from './way-in.js';

const LIST = '/control/studies/crypto-api/participants';
const HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>';

describe('participants on the control pages', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let researcher: Staff;
  let viewer: Staff;
  before(async () => {
    web = await RunningWeb.start({ OBSERVATORY_NOMAD_UI: 'https://nomad.example' });
    await web.withCaps({ perAddressAndDay: null });
    await publishStudy(web.database, { ...web.study, id: 'another' });
    researcher = await Staff.with(web, 'rita', 'researcher', ['crypto-api']);
    viewer = await Staff.with(web, 'vera', 'viewer', ['crypto-api']);
  });
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  const ids = (page: string): string[] => [...page.matchAll(/<tr data-id="([a-z0-9]{12})">/g)].map(([, id]) => id!);
  const counted = (page: string): number => Number(/data-test="count">(\d+) participant/.exec(page)![1]);

  /** Participants who did nothing; some ended at the same moment. */
  async function many(count: number): Promise<void> {
    await web.database.query(
      `insert into participants (id, study_id, token, state, condition, identity, recruitment, arrived_at, consented_at, queued_at, ended_at, lost)
       select 'p' || lpad(n::text, 11, '0'), 'crypto-api', lpad(n::text, 12, 'y'), case when n % 3 = 0 then 'withdrawn' else 'finished' end,
         1 + n % 4, 'prolific:somebody-' || n, '{"PROLIFIC_PID": "somebody"}', now(), now(), now(), now() - make_interval(secs => n / 7), n % 50
       from generate_series(1, $1) n`,
      [count],
    );
  }

  async function leafed(query: string): Promise<string[]> {
    const found: string[] = [];
    for (let address: string | undefined = `${LIST}?${query}`; address !== undefined;) {
      const page: string = await researcher.page(address);
      found.push(...ids(page));
      address = /href="([^"]*)" rel="next"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
    }
    return found;
  }

  const inOrder = async (order: string, where = 'true'): Promise<string[]> =>
    (await web.database.query<{ id: string }>(`select id from participants where ${where} order by ${order}`)).rows.map(
      ({ id }) => id,
    );

  it('are leafed through in each order, everyone once', async () => {
    await many(173);
    assert.deepEqual(await leafed(''), await inOrder('number desc'));
    assert.deepEqual(await leafed('order=oldest'), await inOrder('number'));
    assert.deepEqual(await leafed('order=ended'), await inOrder('ended_at desc, number desc'));
    assert.deepEqual(
      await leafed('state=finished&condition=2'),
      await inOrder('number desc', `state = 'finished' and condition = 2`),
    );
    assert.deepEqual(await leafed('losses=1&order=ended'), await inOrder('ended_at desc, number desc', 'lost > 0'));
    for (const nonsense of [
      'order=upwards',
      'after=x',
      'after=5_6',
      'condition=0x1',
      'state=asleep',
      'order=ended&after=9_2026-99-99T00:00:00.000000Z',
    ])
      assert.equal(ids(await researcher.page(`${LIST}?${nonsense}`)).length, 50, nonsense);
    assert.equal(counted(await researcher.page(`${LIST}?state=withdrawn`)), 57);
  });

  it('are found by id, number and, for whoever may see it, by who they are', async () => {
    await many(60);
    const found = async (who: Staff, search: string) =>
      ids(await who.page(`${LIST}?search=${encodeURIComponent(search)}`));
    const number = await one<string>(web, `select number as it from participants where id = 'p00000000017'`);
    assert.deepEqual(await found(viewer, 'p00000000017'), ['p00000000017']);
    assert.deepEqual(
      await found(viewer, 'P0000000001'),
      (await inOrder('number desc')).filter((id) => id.startsWith('p0000000001')),
    );
    assert.deepEqual(await found(viewer, number), ['p00000000017']);
    for (const search of ['somebody-17', 'prolific:somebody-17']) {
      assert.deepEqual(await found(researcher, search), ['p00000000017']);
      assert.deepEqual(await found(viewer, search), []);
    }
    for (const search of ['%', `' or true --`, 'é'.repeat(500)]) assert.deepEqual(await found(researcher, search), []);
    const page = await viewer.page(LIST);
    assert.doesNotMatch(page + (await viewer.page(`${LIST}/p00000000017`)), /somebody/);
    assert.match(await researcher.page(`${LIST}/p00000000017`), /data-test="identity">prolific:somebody-17/);
  });

  /** Types into a cell, runs it, and pastes, all of it as hostile as can be. */
  async function hostilePerson(): Promise<Person> {
    const person = await workingPerson(web);
    const { typist } = person;
    const document = await one<Document>(web, 'select first_document($1) as it', person.id);
    const task = document.tasks[1]!;
    const cell = task.cells.find(({ type }) => type === 'code')!;
    const at = { cell: cell.id, task: task.id, clock: 61_000, focusSeconds: 41 };
    const grown = (length: number) => ChangeSet.of([{ from: length, insert: HOSTILE }], length);
    const source = cell.source.replace(/\r\n?/g, '\n');
    await typist.send(
      typist.event('open', { width: 1, height: 1, language: 'en', resumed: false }),
      typist.event('start', { to: 1 }, { clock: 60_000, focusSeconds: 40 }),
      typist.event('edit', typist.edit(grown(source.length)), at),
      typist.event('paste', { characters: 9, text: HOSTILE, own: false }, { ...at, clock: 90_000, focusSeconds: 55 }),
      typist.event('run', { source: source + HOSTILE }, { ...at, clock: 120_000, focusSeconds: 60 }),
      typist.event(
        'output',
        {
          ...{ outputs: [{ output_type: 'stream', name: 'stdout', text: HOSTILE }], executionCount: 1 },
          ...{ status: 'error', cut: 0, milliseconds: 5 },
        },
        { ...at, clock: 121_000, focusSeconds: 61 },
      ),
    );
    await web.database.query(
      `insert into screenings (participant_id, study_id, revision, answers, fits) values ($1, 'crypto-api', 'r', $2, true)`,
      [person.id, JSON.stringify({ [HOSTILE]: HOSTILE, many: [HOSTILE] })],
    );
    await web.database.query(`update participants set identity = $2, recruitment = $3, origin = $2 where id = $1`, [
      ...[person.id, `pid:${HOSTILE}`],
      JSON.stringify({ pid: HOSTILE, [HOSTILE]: HOSTILE, tok: 'a secret' }),
    ]);
    return person;
  }

  it('are shown with their work, and nothing that they wrote is more than text', async () => {
    const { id, typist } = await hostilePerson();
    const page = await researcher.page(`${LIST}/${id}`);
    for (const each of [page, await researcher.page(LIST)]) {
      assert.doesNotMatch(each, /<script>|<img/);
      assert.doesNotMatch(each, /a secret/);
    }
    assert.match(page, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
    assert.match(page, new RegExp(`https://nomad.example/ui/jobs/job-${typist.instance}@`));
    const work = [...page.matchAll(/<tr data-task="[^"]*">(.*?)<\/tr>/gs)].map(([, row]) =>
      [...row!.matchAll(/<td>([^<]*)<\/td>/g)].map(([, text]) => text).join(', '),
    );
    assert.equal(work[0], '60 s, 40 s, 0, 0, 0, –');
    assert.equal(work[1], '61 s, 21 s, 1, 1, 1, –');
    for (const state of ['arrived', 'consented', 'waiting', 'working'])
      assert.match(page, new RegExp(`<strong>${state}</strong>`));
  });

  it('have each task’s code with what changed from run to run, as text', async () => {
    const { id } = await hostilePerson();
    const task = await one<string>(web, `select task as it from events where participant_id = $1 and type = 'run'`, id);
    const page = await viewer.page(`${LIST}/${id}/tasks/${task}`);
    assert.doesNotMatch(page, /<script>|<img/);
    assert.match(page, /<ins>\+[^<]*&quot;&gt;&lt;script&gt;alert\(1\)/);
    assert.match(page, /: error<\/h2>/);
    assert.equal([...page.matchAll(/data-test="version"/g)].length, 1);
    assert.doesNotMatch(await viewer.page(`${LIST}/${id}/tasks/${task}?before=5`), /data-test="version"/);
    const gone = researcher.request(`${LIST}/${id}/tasks/none`, { headers: { accept: 'text/html' } });
    assert.equal(await answer(gone), '404 unknown-task');
  });

  it('can be given all that is kept of them, and of nobody else', async () => {
    const { id } = await hostilePerson();
    const other = await workingPerson(web);
    const response = await researcher.act(`${LIST}/${id}/data`);
    assert.match(
      response.headers.get('content-disposition')!,
      new RegExp(`attachment; filename="crypto-api-${id}.jsonl"`),
    );
    const text = await response.text();
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { table: string; row: Record<string, unknown> });
    const count = (table: string): number => rows.filter((row) => row.table === table).length;
    assert.deepEqual(['participants', 'events', 'leases', 'screenings'].map(count), [1, 6, 1, 1]);
    assert.ok(count('audit') >= 5);
    for (const gone of [other.id, 'a secret']) assert.ok(!text.includes(gone), gone);
  });

  it('of other studies are not there', async () => {
    const { id } = await workingPerson(web);
    const other = await Staff.with(web, 'olaf', 'researcher', ['another']);
    for (const path of ['', '/withdraw', '/erase']) {
      const asked = `/control/studies/another/participants/${id}${path}`;
      assert.equal(await answer(other.request(asked, { headers: { accept: 'text/html' } })), '404 unknown-participant');
      if (path === '') continue;
      assert.equal(await answer(other.act(asked, { confirm: id, reason: 'x' })), '404 unknown-participant');
    }
    for (const nobody of ['nobody000000', '%00', 'x', '..%2f..'])
      assert.equal(
        await answer(researcher.request(`${LIST}/${nobody}`, { headers: { accept: 'text/html' } })),
        '404 unknown-participant',
      );
    assert.equal(await one(web, 'select state as it from participants where id = $1', id), 'working');
  });

  it('are withdrawn by the team, once, which is noted', async () => {
    const { id } = await workingPerson(web);
    const asked = await researcher.page(`${LIST}/${id}/withdraw`);
    assert.match(asked, /This cannot be undone/);
    const withdraw = () => answer(researcher.act(`${LIST}/${id}/withdraw`, { reason: 'asked\nby mail' }));
    assert.deepEqual((await Promise.all([withdraw(), withdraw()])).sort(), [`303 ${LIST}/${id}`, '409 left-already']);
    const page = await researcher.page(`${LIST}/${id}`);
    assert.match(page, /working → <strong>withdrawn<\/strong>, by rita: asked by mail/);
    assert.doesNotMatch(page, /data-test="withdraw"/);
    assert.equal(await one(web, `select count(*)::int as it from leases where ended_at is null`), 0);
    assert.equal(
      await answer(researcher.request(`${LIST}/${id}/withdraw`, { headers: { accept: 'text/html' } })),
      '409 left-already',
    );
  });

  it('are erased after their id was typed, for a reason that does not name them', async () => {
    const { id } = await hostilePerson();
    await web.database.query(`update participants set identity = 'prolific:5f3c2b' where id = $1`, [id]);
    const act = (form: Record<string, string>) => answer(researcher.act(`${LIST}/${id}/erase`, form));
    assert.equal(await act({ reason: 'asked to' }), '400 not-confirmed');
    assert.equal(await act({ reason: 'asked to', confirm: 'p00000000001' }), '400 not-confirmed');
    assert.equal(await act({ reason: ' ', confirm: id }), '400 no-reason');
    for (const name of [id.toUpperCase(), '5F3C2B'])
      assert.equal(await act({ reason: `${name} asked`, confirm: id }), '400 reason-names');
    assert.equal(await one(web, 'select count(*)::int as it from participants'), 1);
    assert.equal(await act({ reason: 'asked to', confirm: ` ${id.toUpperCase()} ` }), `303 ${LIST}`);
    assert.equal(await one(web, 'select count(*)::int as it from participants'), 0);
    assert.equal(
      await one(web, `select reason || ' ' || actor as it from erased order by number desc limit 1`),
      'asked to rita',
    );
    assert.equal(await act({ reason: 'asked to', confirm: id }), '404 unknown-participant');
    assert.doesNotMatch(JSON.stringify(web.lines), new RegExp(id), 'the log names the participant');
  });

  it('give a viewer no buttons', async () => {
    const { id } = await workingPerson(web);
    assert.match(await researcher.page(`${LIST}/${id}`), /data-test="erase"/);
    assert.doesNotMatch(await viewer.page(`${LIST}/${id}`), /data-test="(withdraw|erase|download)"/);
  });

  it('are as quick to leaf through when they are 100,000', async () => {
    await many(100_000);
    await web.database.query('vacuum (analyze) participants');
    for (const query of [
      ...[
        '',
        'order=oldest&after=50000',
        'order=ended',
        'state=withdrawn&condition=4',
        'state=working',
        'state=working&order=ended',
      ],
      ...[
        'condition=3&order=ended',
        'losses=1',
        'search=p0000007',
        'search=somebody-99999',
        'search=zzz',
        'search=12345',
      ],
    ]) {
      const start = performance.now();
      const page = await researcher.page(`${LIST}?${query}`);
      const took = Math.round(performance.now() - start);
      console.log(`      ${query || 'the first page'}: ${took} ms, ${ids(page).length} of ${counted(page)}`);
    }
  });
});
