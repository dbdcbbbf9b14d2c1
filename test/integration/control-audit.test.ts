/** The audit on the control pages, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { publishStudy } from '../../src/participants/study-store.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';

const LINES = 120_000;

describe('the audit on the control pages', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let admin: Staff;
  let viewer: Staff;
  before(async () => {
    web = await RunningWeb.start();
    await publishStudy(web.database, { ...web.study, id: 'another' });
    admin = await Staff.with(web, 'ada', 'admin');
    viewer = await Staff.with(web, 'vera', 'viewer', ['crypto-api']);
  });
  after(() => web?.stop());
  beforeEach(() => web.database.query('truncate audit'));

  const line = (values: Readonly<Record<string, string | null>>): Promise<unknown> => {
    const {
      study = null,
      subject = 'participant',
      id = 'person000001',
      to = 'working',
      actor = 'web',
      reason = null,
    } = values;
    return web.database.query(
      'insert into audit (study_id, subject, subject_id, to_state, actor, reason) values ($1, $2, $3, $4, $5, $6)',
      [study, subject, id, to, actor, reason],
    );
  };
  const shown = (page: string) => [...page.matchAll(/<tr data-line="(\d+)">[^]*?<\/tr>/g)].map(([text]) => text);
  const ids = (page: string) => [...page.matchAll(/<tr data-line="(\d+)"/g)].map(([, id]) => Number(id));
  const next = (page: string) => /href="([^"]*)" rel="next"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
  const audit = (who: Staff, query = '') => who.page(`/control/audit${query && `?${query}`}`);
  const words = (page: string) =>
    shown(page).map((row) =>
      row
        .replace(/<time[^]*?<\/time>|<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    );

  it('shows the newest first, with who did what to whom and why', async () => {
    await line({ study: 'crypto-api', subject: 'study', id: 'crypto-api', to: 'paused', actor: 'rita' });
    await line({ study: 'crypto-api', to: 'withdrawn', actor: 'rita', reason: '<i>asked to</i>' });
    assert.deepEqual(words(await audit(admin)), [
      'rita participant person000001 withdrawn crypto-api &lt;i&gt;asked to&lt;/i&gt;',
      'rita study crypto-api paused crypto-api –',
    ]);
  });

  it('shows viewers the lines of their studies alone, and nothing about users', async () => {
    await line({ study: 'crypto-api', reason: 'theirs' });
    await line({ study: 'another', reason: 'of others' });
    await line({ subject: 'instance', id: '00000000aa01', reason: 'of the pool' });
    await line({ subject: 'leadership', id: 'host/1', reason: 'of the manager' });
    await line({ subject: 'user', id: 'ada', to: 'signed-in', actor: 'ada', reason: 'source 1' });
    await line({ study: 'crypto-api', subject: 'user', id: 'vera', to: 'granted', actor: 'ada', reason: 'a right' });
    const all = ['', 'actor=web', 'actor=ada', 'id=person000001', 'id=vera', 'id=ada', 'subject=user', 'study=another']
      .concat(['subject=user&id=ada', 'study=crypto-api&subject=user', 'study=another&actor=web', 'subject=leadership'])
      .concat(['subject=instance', 'id=00000000aa01', 'study=made-up', 'study=crypto-api&id=vera']);
    for (const query of all) {
      const page = await audit(viewer, query);
      for (const row of words(page)) assert.match(row, /theirs$/, query);
      assert.doesNotMatch(page, /of others|of the pool|of the manager|source 1|a right/, query);
    }
    assert.equal(words(await audit(viewer)).length, 1);
    assert.equal(words(await audit(admin)).length, 6);
    assert.doesNotMatch(await audit(viewer), /<option[^>]*>(another|user|leadership)</);
    const none = await Staff.with(web, 'nora', 'viewer');
    await web.database.query('truncate audit');
    await line({ study: 'crypto-api' });
    assert.deepEqual(words(await audit(none)), []);
  });

  it('filters by actor, study and subject, and takes what is none of it for nothing', async () => {
    await line({ study: 'crypto-api', actor: 'rita', reason: 'one' });
    await line({ study: 'another', actor: 'rita', reason: 'two' });
    await line({ study: 'another', actor: 'otto', subject: 'instance', id: '00000000aa01', reason: 'three' });
    const reasons = async (query: string) => words(await audit(admin, query)).map((row) => row.split(' ').at(-1));
    assert.deepEqual(await reasons('actor=rita'), ['two', 'one']);
    assert.deepEqual(await reasons('actor=rita&study=another'), ['two']);
    assert.deepEqual(await reasons('study=another'), ['three', 'two']);
    assert.deepEqual(await reasons('subject=instance'), ['three']);
    assert.deepEqual(await reasons('study=another&subject=participant'), ['two']);
    assert.deepEqual(await reasons('id=00000000aa01'), ['three']);
    assert.deepEqual(await reasons('id=person000001&study=crypto-api'), ['one']);
    assert.deepEqual(await reasons('subject=study&id=person000001'), []);
    for (const odd of [
      'after=x',
      'after=-1',
      'after=99999999999999999999',
      'subject=made-up',
      'actor=',
      'id=%00',
      'a=b&a=c',
    ])
      assert.equal((await reasons(odd)).length, 3, odd);
  });

  it('comes in pages, each line once, however much of what is left has to be looked through', async () => {
    await web.database.query(
      `insert into audit (study_id, subject, subject_id, to_state, actor)
       select case when n % 2 = 0 then 'crypto-api' else 'another' end, case when n % 3 = 0 then 'instance' else 'participant' end,
         lpad(n::text, 12, '0'), 'working', case when n % 9001 = 0 then 'rita' else 'manager' end
       from generate_series(1, $1::int) n`,
      [LINES],
    );
    await web.database.query('analyze audit');
    /** Of the first pages, or of all. */
    const walk = async (who: Staff, query: string, most = Infinity): Promise<{ found: number[]; pages: number }> => {
      const found: number[] = [];
      let pages = 0;
      for (let at: string | undefined = `/control/audit?${query}`; at !== undefined && pages < most; pages += 1) {
        const page: string = await who.page(at);
        found.push(...ids(page));
        at = next(page);
      }
      return { found, pages };
    };
    const expected = async (where: string, most?: number) =>
      (
        await web.database.query<{ id: string }>(
          `select id from audit where ${where} order by id desc limit ${most ?? 'all'}`,
        )
      ).rows.map(({ id }) => Number(id));
    assert.deepEqual((await walk(admin, '', 3)).found, await expected('true', 150));
    assert.deepEqual((await walk(viewer, '', 3)).found, await expected(`study_id = 'crypto-api'`, 150));
    assert.deepEqual((await walk(admin, 'actor=rita')).found, await expected(`actor = 'rita'`));
    assert.deepEqual(
      (await walk(viewer, 'actor=rita')).found,
      await expected(`actor = 'rita' and study_id = 'crypto-api'`),
    );
    // Looked through five thousand at a time.
    const rare = await walk(admin, 'actor=manager&subject=study');
    assert.deepEqual([rare.found, rare.pages], [[], Math.ceil((LINES - 13) / 5_000)]);
    await line({ study: 'another', subject: 'study', id: 'another', to: 'paused', actor: 'manager' });
    assert.equal((await walk(admin, 'actor=manager&subject=study')).found.length, 1);
    assert.equal((await walk(viewer, 'subject=study')).found.length, 0);
    assert.deepEqual((await walk(admin, 'subject=instance', 3)).found, await expected(`subject = 'instance'`, 150));
  });

  it('reads the same few lines of an index, however many there are', async () => {
    // One study is over long since: going back through the lines reads all the others'. What is read, `explain` says.
    const { listAudit } = await import('../../src/control/audit/list.js');
    await web.database.query(
      `insert into audit (study_id, subject, subject_id, to_state, actor)
       select case when n > 30000 then 'crypto-api' else 'another' end, 'participant', lpad(n::text, 12, '0'), 'working', 'manager'
       from generate_series(1, $1::int) n`,
      [LINES],
    );
    await web.database.query('analyze audit');
    const read = async (studies: readonly string[] | null, wanted: object): Promise<number> => {
      const any = { study: null, subject: null, id: null, actor: null, after: null };
      let rows = 0;
      const counting = {
        query: async (text: string, values: unknown[]) => {
          const { rows: plan } = await web.database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
            `explain (analyze, format json) ${text}`,
            values,
          );
          rows = touched(plan[0]!['QUERY PLAN'][0].Plan);
          return web.database.query(text, values);
        },
      };
      await listAudit(counting as never, studies, { ...any, ...wanted });
      return rows;
    };
    for (const [studies, wanted, most] of [
      [null, {}, 51],
      [null, { study: 'another' }, 51],
      [null, { actor: 'manager' }, 51],
      [null, { actor: 'nobody' }, 0],
      [null, { id: '000000000777' }, 1],
      [null, { subject: 'user' }, 0],
      [['crypto-api', 'another'], {}, 102],
      [['crypto-api'], { study: 'crypto-api' }, 51],
      [['crypto-api'], { actor: 'manager' }, 5_000],
    ] as const)
      assert.ok((await read(studies, wanted)) <= most, JSON.stringify([studies, wanted, await read(studies, wanted)]));
  });
});

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Rows of the table that were read, also those that were then left out. */
function touched(plan: Plan): number {
  const own =
    plan['Relation Name'] === 'audit'
      ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
      : 0;
  return (plan.Plans ?? []).reduce((sum, child) => sum + touched(child), own);
}
