/** What the server makes of the events that it is sent, whatever a page may send: on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { readStatus } from '../../src/control/status.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { RunningWeb } from './running-web.js';
import { Typist } from './typist.js';

const opened = { width: 1, height: 1, language: 'en', resumed: false };
const event = (seq: number, more: object = {}) => ({
  ...{ seq, type: seq === 1 ? 'open' : 'focus', at: '2026-11-24T12:00:00Z', clock: 0, page: 'p1' },
  ...{ task: null, cell: null, focusSeconds: 0, data: seq === 1 ? opened : {}, ...more },
});

describe('the record', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
    await web.withCaps({ perAddressAndDay: null });
  });
  after(() => web?.stop());
  afterEach(async () => {
    await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
    await web.database.query('update counters set value = 0');
  });

  const working = async () => {
    await web.makeReady(1);
    const newcomer = new PlainParticipant(web.address);
    await newcomer.consent();
    const who = Typist.at(newcomer, await newcomer.assigned());
    const send = async (events: unknown[]) => (await who.post('events', { events })).status;
    return { who, send };
  };

  it('keeps apart what a page sends that another has taken over, once, and counts it', async () => {
    const { send } = await working();
    assert.equal(await send([event(1), event(2)]), 200);
    assert.equal(await send([event(3, { page: 'p2', type: 'open', data: opened })]), 200);
    assert.equal(await send([event(3), event(4)]), 409);
    assert.equal(await send([event(3), event(4)]), 409);
    // What is stored already is acknowledged, whoever sends it again.
    assert.equal(await send([event(2), event(3, { page: 'p2' })]), 200);
    const { rows } = await web.database.query<{ page: string; seq: string }>(
      'select page, seq from stray_events order by seq',
    );
    assert.deepEqual(
      rows.map(({ page, seq }) => `${page} ${seq}`),
      ['p1 3', 'p1 4'],
    );
    const record = await web.database.query('select last_seq, strays, lost from participants');
    assert.deepEqual(record.rows, [{ last_seq: '3', strays: '2', lost: '0' }]);
    assert.equal(await send([event(4, { page: 'p2', type: 'lost', data: { count: 5 } })]), 200);
    const [study] = (await readStatus(web.database, 30)).studies;
    assert.equal(study?.lost, 7);
  });

  it('keeps apart what an older page sends after the finish, and takes nothing new from the page that finished', async () => {
    const { who, send } = await working();
    assert.equal(await send([event(1), event(2)]), 200);
    assert.equal(await send([event(3, { page: 'p2', type: 'open', data: opened })]), 200);
    assert.equal((await who.post('finish', { seq: 3 })).status, 200);
    assert.equal(await send([event(3), event(4)]), 409);
    assert.equal(await send([event(4, { page: 'p2' })]), 410);
    assert.equal(await send([event(4, { page: 'p3', type: 'open', data: opened })]), 410);
    const stray = await web.database.query('select page, seq from stray_events order by seq');
    assert.deepEqual(stray.rows, [
      { page: 'p1', seq: '3' },
      { page: 'p1', seq: '4' },
    ]);
    assert.equal((await web.database.query('select from events')).rowCount, 3);
  });

  it('counts an event as lost once: not again when it is sent again, nor when it comes late after all', async () => {
    const { who, send } = await working();
    const beat = async (seq: number, page: string) => (await who.post('heartbeat', { seq, page })).status;
    const counted = async () => {
      const { rows } = await web.database.query<Record<string, string>>(
        'select lost, strays, highest_seq from participants',
      );
      return [(await readStatus(web.database, 30)).studies[0]!.lost, ...Object.values(rows[0]!).map(Number)];
    };
    assert.equal(await send([event(1)]), 200);
    assert.equal(await beat(5, 'p1'), 200);
    assert.deepEqual(await counted(), [0, 0, 0, 5]);
    // The next page takes the numbers 2 to 5, which are given up; three of them come late.
    const takeover = [event(2, { page: 'p2', type: 'open', data: opened })];
    assert.equal(await send(takeover), 200);
    assert.deepEqual(await counted(), [4, 4, 0, 2]);
    assert.equal(await send([event(2), event(3), event(4)]), 409);
    assert.equal(await send([event(2), event(3), event(4)]), 409);
    assert.deepEqual(await counted(), [4, 1, 3, 2]);
    // Nobody had announced this one.
    assert.equal(await send([event(6)]), 409);
    assert.equal(await beat(9, 'p1'), 200);
    assert.deepEqual(await counted(), [5, 1, 4, 2]);
    const told = event(3, { page: 'p2', type: 'lost', data: { count: 5 } });
    assert.equal(await send([told]), 200);
    assert.equal(
      await send([told, event(4, { page: 'p2', type: 'run', data: { withheld: true, characters: 9 } })]),
      200,
    );
    assert.equal(await send([event(4, { page: 'p2', type: 'run', data: { withheld: true, characters: 9 } })]), 200);
    assert.deepEqual(await counted(), [11, 7, 4, 4]);
  });
});
