/** The overview's stream: who is told what, until when, and what it costs. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { visitorsOf } from '../../src/control/access/sessions.js';
import { Lookout } from '../../src/control/overview/lookout.js';
import { readOverview } from '../../src/control/overview/overview.js';
import { publishStudy } from '../../src/participants/study-store.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { poll } from '../poll.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';

/** An open stream, and what it told. */
class Listener {
  text = '';
  isOver = false;

  private constructor(
    readonly response: Response,
    private readonly leaving: AbortController,
  ) {
    void this.read();
  }

  static async of(who: Staff): Promise<Listener> {
    const leaving = new AbortController();
    const headers = { accept: 'text/event-stream' };
    const response = await who.request('/control/events', { headers, signal: leaving.signal });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type')!, /^text\/event-stream/);
    return new Listener(response, leaving);
  }

  /** The newest of what was told. */
  get page(): string {
    const told = this.text.split('\n\n').filter((part) => part.startsWith('data: '));
    return told.length === 0 ? '' : (JSON.parse(told.at(-1)!.slice(6)) as string);
  }

  leave(): void {
    this.leaving.abort();
  }

  private async read(): Promise<void> {
    try {
      for await (const chunk of this.response.body!) this.text += Buffer.from(chunk as Uint8Array).toString();
    } catch {
      // It was left.
    }
    this.isOver = true;
  }
}

const until = (what: string, look: () => boolean): Promise<boolean> => poll(what, () => Promise.resolve(look()), 30);

describe('the stream of the overview', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
    await publishStudy(web.database, { ...web.study, id: 'another' });
  });
  after(() => web?.stop());
  afterEach(async () => {
    await web.database.query('delete from accounts.users');
    await web.database.query(`delete from instances where state = 'failed'`);
  });

  const fail = (id: string, study: string | null) =>
    web.database.query(
      `insert into instances (id, profile, state, study_id, reason) values ($1, 'default', 'failed', $2, 'it broke')`,
      [id, study],
    );

  it('tells what changes, without being asked', async () => {
    const listener = await Listener.of(await Staff.with(web, 'vera', 'viewer', ['crypto-api']));
    await until('the first is told', () => listener.page.includes('data-test="studies"'));
    await fail('00000000ff01', null);
    await until('the failure is told', () => listener.page.includes('00000000ff01'));
    listener.leave();
  });

  it('shows somebody only their studies, from the moment on that their rights change', async () => {
    const viewer = await Listener.of(await Staff.with(web, 'vera', 'viewer', ['crypto-api']));
    const admin = await Listener.of(await Staff.with(web, 'adam', 'admin'));
    await fail('00000000ff02', 'another');
    await fail('00000000ff03', 'crypto-api');
    await until('both are told', () => admin.page.includes('00000000ff02') && viewer.page.includes('00000000ff03'));
    assert.match(admin.page, /\/control\/studies\/another"/);
    assert.doesNotMatch(viewer.text, /another|00000000ff02/);
    await web.database.query(`update accounts.rights set study_id = 'another' where user_name = 'vera'`);
    await until('the other study is told', () => viewer.page.includes('00000000ff02'));
    assert.doesNotMatch(viewer.page, /crypto-api|00000000ff03/);
    for (const each of [viewer, admin]) each.leave();
  });

  it('ends when its session does, and tells so', async () => {
    const who = await Staff.with(web, 'vera', 'viewer', ['crypto-api']);
    const other = await Listener.of(await Staff.with(web, 'rita', 'researcher', ['crypto-api']));
    const listener = await Listener.of(who);
    await until('it is told', () => listener.page !== '');
    assert.equal((await who.act('/control/sign-out')).status, 303);
    await until('the stream is over', () => listener.isOver);
    assert.match(listener.text, /event: over\n/);
    assert.ok(!other.isOver);
    await web.database.query(`update accounts.users set disabled = true`);
    await until('a disabled user’s is over too', () => other.isOver);
    assert.equal((await who.request('/control/events', { headers: { accept: 'text/event-stream' } })).status, 401);
  });

  it('does not say that somebody is there', async () => {
    const who = await Staff.with(web, 'vera', 'viewer', ['crypto-api']);
    await web.database.query(`update accounts.sessions set used_at = now() - interval '119 minutes'`);
    const listener = await Listener.of(who);
    await until('it is told', () => listener.page !== '');
    await web.database.query(`update accounts.sessions set used_at = used_at - interval '2 minutes'`);
    await until('the stream is over', () => listener.isOver);
  });

  it('costs as many statements for fifty as for one', async () => {
    const asked: string[] = [];
    const counting = {
      query: (...given: Parameters<Database['query']>) => {
        asked.push(String(given[0]));
        return web.database.query(...given);
      },
    } as unknown as Database;
    await visitorsOf(counting, ['x']);
    await readOverview(counting, 30);
    const aLook = asked.splice(0).length;
    await Staff.with(web, 'adam', 'admin');
    let shown = 0;
    const session = 'f'.repeat(64);
    await web.database.query(
      `insert into accounts.sessions (id_hash, user_name, expires_at) values (encode(sha256($1::bytea), 'hex'), 'adam', now() + interval '1 hour')`,
      [session],
    );
    const lookout = new Lookout({
      database: counting,
      log: pino({ level: 'silent' }),
      staleAfterSeconds: 30,
      show: () => `look ${++shown}`,
    });
    const told = Array.from({ length: 50 }, () => [] as string[]);
    for (const one of told)
      lookout.watch({
        session,
        tell: (text) => one.push(text),
        over: () => one.push('over'),
        end: () => one.push('end'),
      });
    await until('all were told twice', () => told.every((one) => one.length >= 2));
    const looks = asked.filter((text) => text.includes('accounts.sessions')).length;
    await lookout.stop();
    assert.ok(shown >= 2 && shown <= looks + 1, `shown ${shown} times in ${looks} looks`);
    assert.equal(asked.length % aLook, 0);
    assert.ok(asked.length <= (looks + 1) * aLook, `${asked.length} statements for ${looks} looks of ${aLook}`);
    for (const one of told) assert.deepEqual(one, [...told[0]!.filter((text) => text !== 'end'), 'end']);
  });

  it('ends when the web process stops', async () => {
    const another = await RunningWeb.start();
    const listener = await Listener.of(await Staff.with(another, 'adam', 'admin'));
    await until('it is told', () => listener.page !== '');
    await another.stop();
    await until('it is over', () => listener.isOver);
  });
});
