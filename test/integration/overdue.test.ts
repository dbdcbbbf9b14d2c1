/** Instances that nobody uses any more are given up, and no others: the original's control, with the time given by the test. */
import assert from 'node:assert/strict';
import { PostgresStore } from '../../src/manager/store.js';
import { endOverdue } from '../../src/participants/overdue.js';
import { instanceTimeSchema } from '../../src/studies/instance-time.js';
import { forgetEverybody, workingPerson } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { answer, withEntry } from './way-in.js';

const MINUTE = 60_000;

describe('what is overdue', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  beforeEach(() => withEntry(web, {}));
  afterEach(() => forgetEverybody(web));
  after(() => web?.stop());

  const later = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE);
  const beatAt = (id: string, time: Date) =>
    web.database.query('update participants set heartbeat_at = $2 where id = $1', [id, time]);
  const timed = (instance: object) => withEntry(web, {}, { instance: instanceTimeSchema.parse(instance) });
  const states = async (id: string) => {
    const { rows } = await web.database.query<{ participant: string; instance: string; reason: string | null }>(
      `select p.state as participant, i.state as instance, l.end_reason as reason
       from participants p join leases l on l.participant_id = p.id join instances i on i.id = l.instance_id
       where p.id = $1 order by l.id desc limit 1`,
      [id],
    );
    return rows[0]!;
  };
  const inFlight = async (): Promise<number> => {
    const { rows } = await web.database.query<{ value: string }>(
      `select value from counters where scope = 'study' and name = 'inFlight'`,
    );
    return Number(rows[0]!.value);
  };

  it('defect 1: is never who beats each minute, in twelve hours', async () => {
    const { id } = await workingPerson(web);
    for (let minute = 0; minute <= 12 * 60; minute += 1) {
      await beatAt(id, later(minute));
      assert.deepEqual(await endOverdue(web.database, later(minute)), []);
    }
    assert.equal((await states(id)).participant, 'working');
  });

  it('defect 14: is who has not beaten for three hours: the lease ends, the instance is retiring and not yet gone, the place is given back, once', async () => {
    const { id, typist } = await workingPerson(web);
    assert.deepEqual(await endOverdue(web.database, later(179)), []);
    const both = await Promise.all([1, 2].map(() => endOverdue(web.database, later(181))));
    assert.deepEqual(both.flat(), [typist.instance]);
    assert.deepEqual(await states(id), {
      participant: 'abandoned',
      instance: 'retiring',
      reason: 'no sign of life for 180 minutes',
    });
    assert.equal(await inFlight(), 0);
    assert.deepEqual(await endOverdue(web.database, later(400)), []);
  });

  it('comes back to the same work on another instance', async () => {
    const { id, typist, who } = await workingPerson(web);
    await typist.send(typist.event('open', { width: 1, height: 1, language: 'en', resumed: false }));
    await endOverdue(web.database, later(181));
    assert.equal(await answer(who.request('/?study=crypto-api')), '302 /howTo');
    const [next] = await web.makeReady(1);
    assert.equal(await who.assigned(), `/proxy/${next}/`);
    const { participant } = (await (await who.request(`/proxy/${next}/notebook`)).json()) as { participant: string };
    assert.equal(participant, id);
    assert.equal(await inFlight(), 1);
  });

  it('is who waits for another instance with a closed page, and not with an open one', async () => {
    const store = new PostgresStore(web.database);
    const term = await store.raiseTerm('test');
    const { id, typist } = await workingPerson(web);
    await store.leave(term, { id: typist.instance, from: ['leased'], to: 'failed', reason: 'lost' });
    await web.database.query(
      'insert into seen (participant_id, at) values ($1, $2) on conflict (participant_id) do update set at = excluded.at',
      [id, later(100)],
    );
    await endOverdue(web.database, later(181));
    assert.equal((await states(id)).participant, 'waiting');
    await endOverdue(web.database, later(281));
    assert.equal((await states(id)).participant, 'abandoned');
  });

  it('is whose instance is older than the study allows, whatever their page says; and the page is told before', async () => {
    await timed({ maxHours: 2 });
    const { id, typist } = await workingPerson(web);
    const beat = await typist.post('heartbeat', { seq: 0, page: 'p1' });
    const { endsInSeconds } = (await beat.json()) as { endsInSeconds: number };
    assert.ok(endsInSeconds > 7_000 && endsInSeconds <= 7_200, String(endsInSeconds));
    await beatAt(id, later(119));
    assert.deepEqual(await endOverdue(web.database, later(119)), []);
    assert.deepEqual(await endOverdue(web.database, later(121)), [typist.instance]);
    assert.equal((await states(id)).reason, 'had the instance for 2 hours');
  });

  it('is never who has finished, nor an instance that nobody has', async () => {
    const { typist } = await workingPerson(web);
    await typist.post('finish', { seq: 0 });
    await web.makeReady(2);
    assert.deepEqual(await endOverdue(web.database, later(100_000)), []);
  });
});
