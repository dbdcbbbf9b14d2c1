/** Who waits: served only while they are there, told where they are, in their own order; on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { startWeb } from '../../src/cli/web.js';
import { WaitingRoom } from '../../src/landing/waiting-room.js';
import { lapse } from '../../src/participants/lapse.js';
import { serveLine } from '../../src/participants/line.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { poll } from '../poll.js';
import { RunningWeb } from './running-web.js';
import { EventStream, type Told } from '../../src/simulate/waiting-stream.js';
import { giveConsent, toConsent, withEntry } from './way-in.js';

const LINK = '/?study=crypto-api';

describe('the waiting line', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  const streams: EventStream[] = [];
  before(async () => {
    web = await RunningWeb.start();
    await withEntry(web, { by: ['link'] });
  });
  after(() => web?.stop());
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.close();
    await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
    await web.database.query('update counters set value = 0');
  });

  async function waiter(): Promise<PlainParticipant> {
    const who = await toConsent(web, LINK);
    assert.equal((await giveConsent(who)).status, 303);
    return who;
  }
  function listen(who: PlainParticipant): EventStream {
    const stream = new EventStream(web.address, who.cookie);
    streams.push(stream);
    return stream;
  }
  const told = async (who: PlainParticipant): Promise<Told> => (await (await who.request('/waiting')).json()) as Told;
  const hears = (stream: EventStream, what: string, like: (told: Told) => boolean): Promise<Told> =>
    poll(what, () => Promise.resolve(stream.told.find(like)), 10);
  const idOf = (who: PlainParticipant): string => who.cookies.get('observatory')!;
  /** As if the page of this participant had been heard of last so long ago. */
  const lastSeen = (who: PlainParticipant, seconds: number) =>
    web.database.query(
      `with moved as (update participants set queued_at = queued_at - $2 * interval '1 second' where id = $1)
       insert into seen values ($1, now() - $2 * interval '1 second')
       on conflict (participant_id) do update set at = excluded.at`,
      [idOf(who), seconds],
    );

  it('gives the only instance to the first, however many web processes serve at once', async () => {
    const people: PlainParticipant[] = [];
    for (let n = 0; n < 20; n += 1) people.push(await waiter());
    const none = { pop: () => Promise.resolve(undefined) };
    for (const [n] of people.entries()) {
      await web.makeReady(1);
      await Promise.all(Array.from({ length: 8 }, () => serveLine(web.database, none, 'default')));
      const { rows } = await web.database.query<{ id: string }>(
        'select participant_id as id from leases order by leases.id',
      );
      assert.deepEqual(
        rows.map(({ id }) => id),
        people.slice(0, n + 1).map(idOf),
      );
    }
  });

  it('defect 16: no start waits for an instance, however many come to an empty pool', async () => {
    const people = await Promise.all(Array.from({ length: 30 }, waiter));
    assert.deepEqual(
      new Set(await Promise.all(people.map(async (who) => (await told(who)).state))),
      new Set(['waiting']),
    );
  });

  it('is told by a stream: the place at once, each change, the notebook at the end', async () => {
    const [first, second] = [await waiter(), await waiter()];
    const stream = listen(second);
    const waiting = await hears(stream, 'the place', ({ state }) => state === 'waiting');
    assert.deepEqual(waiting, {
      ...{ state: 'waiting', before: 1, expected: null, position: '1 person is before you.' },
      wait: 'How long it will take cannot be said yet.',
    });
    const [instance] = await web.makeReady(1);
    assert.deepEqual(await told(first), { state: 'ready', address: `/proxy/${instance}/` });
    assert.equal((await hears(stream, 'the next place', ({ before }) => before === 0)).position, 'You are next.');
    const [next] = await web.makeReady(1);
    const ready = await hears(stream, 'the notebook', ({ state }) => state === 'ready');
    assert.equal(ready.address, `/proxy/${next}/`);
    await stream.ended;
    assert.equal(stream.headers['content-encoding'], undefined);
    assert.match(stream.headers['content-type'] ?? '', /^text\/event-stream/);
    assert.match(stream.headers['cache-control'] ?? '', /no-transform/);
  });

  it('answers who asks, and nobody without a session', async () => {
    const who = await waiter();
    assert.equal((await told(who)).state, 'waiting');
    const nobody = new PlainParticipant(web.address);
    for (const path of ['/waiting', '/waiting/events']) assert.equal((await nobody.request(path)).status, 401, path);
  });

  it('passes over whose page is closed, and keeps their place', async () => {
    const [absent, present] = [await waiter(), await waiter()];
    await lastSeen(absent, 60);
    const [instance] = await web.makeReady(1);
    assert.equal((await told(present)).address, `/proxy/${instance}/`);
    const later = await waiter();
    assert.equal((await told(later)).before, 1);
    assert.deepEqual(await lapse(web.database), 0);
    assert.equal((await told(absent)).before, 0);
    const [next] = await web.makeReady(1);
    assert.equal((await told(later)).state, 'waiting');
    assert.equal((await told(absent)).address, `/proxy/${next}/`);
  });

  it('gives the place of who was away for three minutes to others; coming back, they stand at the end', async () => {
    const [absent, present] = [await waiter(), await waiter()];
    const inFlight = async () =>
      (
        await web.database.query<{ value: string }>(
          `select value from counters where scope = 'study' and name = 'inFlight'`,
        )
      ).rows[0]!.value;
    assert.equal(await inFlight(), '2');
    await lastSeen(absent, 190);
    assert.equal((await told(present)).before, 0);
    assert.equal(await lapse(web.database), 1);
    assert.equal(await lapse(web.database), 0);
    assert.equal(await inFlight(), '1');
    assert.equal((await told(absent)).state, 'gone');
    const page = await absent.request('/howTo');
    assert.deepEqual([page.status, page.headers.get('location')], [302, '/?study=crypto-api']);
    const later = await waiter();
    const back = await absent.request('/?study=crypto-api');
    assert.deepEqual([back.status, back.headers.get('location')], [302, '/howTo']);
    assert.deepEqual([(await told(later)).before, (await told(absent)).before], [1, 2]);
    assert.equal(await inFlight(), '3');
    const { rows } = await web.database.query<{ step: string }>(
      `select from_state || ' ' || to_state as step from audit where subject_id = $1 order by id desc limit 2`,
      [idOf(absent)],
    );
    assert.deepEqual(
      rows.map(({ step }) => step),
      ['abandoned waiting', 'waiting abandoned'],
    );
  });

  it('never lapses for who has worked already', async () => {
    const [instance] = await web.makeReady(1);
    const who = await waiter();
    assert.equal((await told(who)).address, `/proxy/${instance}/`);
    await web.database.query(`update leases set ended_at = now(), end_reason = 'lost'`);
    await web.database.query(`update participants set state = 'waiting'`);
    await lastSeen(who, 3_600);
    assert.equal(await lapse(web.database), 0);
    await web.makeReady(1);
    assert.equal((await told(who)).state, 'ready');
  });

  it('is shown without a script, and asked again by the page itself', async () => {
    const who = await waiter();
    const page = await (await who.request('/howTo')).text();
    assert.match(page, /data-state="waiting"/);
    assert.match(page, /<noscript><meta http-equiv="refresh" content="5"><\/noscript>/);
    assert.match(page, /data-test="position">You are next\.</);
    const [instance] = await web.makeReady(1);
    const ready = await (await who.request('/howTo')).text();
    assert.match(ready, /data-state="ready"/);
    assert.match(ready, new RegExp(`href="/proxy/${instance}/"`));
    assert.doesNotMatch(ready, /noscript/);
  });

  it('asks Postgres as often for thirty as for one', async () => {
    let queries = 0;
    const counted = Object.create(web.database) as Database;
    counted.query = ((...asked: Parameters<Database['query']>) => {
      queries += 1;
      return web.database.query(...asked);
    }) as Database['query'];
    const none = { hints: { pop: () => Promise.resolve(undefined) }, prepare: () => undefined };
    const telemetry = { served: () => undefined };
    const room = new WaitingRoom({ database: counted, log: pino({ enabled: false }), telemetry, ...none });
    const people = await Promise.all(Array.from({ length: 30 }, waiter));
    assert.equal((await room.ask(idOf(people[0]!))).state, 'waiting');
    const forOne = queries;
    const places = await Promise.all(people.map((who) => room.ask(idOf(who))));
    await room.stop();
    assert.deepEqual(
      places.map((place) => (place.state === 'waiting' ? place.before : -1)).sort((a, b) => a - b),
      [...people.keys()],
    );
    // The first question is looked at alone, the others together.
    assert.ok(forOne > 0 && queries <= 3 * forOne, `${queries} queries, ${forOne} for one`);
  });

  it('ends its streams when the web app stops', async () => {
    const second = await startWeb(web.settings, pino({ enabled: false }));
    const who = await waiter();
    const stream = new EventStream(second.address, who.cookie);
    await hears(stream, 'the place', ({ state }) => state === 'waiting');
    await second.stop();
    await stream.ended;
  });
});
