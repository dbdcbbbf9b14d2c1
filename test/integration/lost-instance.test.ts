/** What becomes of a participant whose instance dies: the manager's SQL on a real Postgres. */
import assert from 'node:assert/strict';
import { PostgresStore } from '../../src/manager/store.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { RunningWeb } from './running-web.js';

describe('a participant whose instance dies', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());

  it('waits again at the old place, before all who came later, and gets the next instance', async () => {
    const store = new PostgresStore(web.database);
    const term = await store.raiseTerm('test');
    const [dying] = await web.makeReady(1);
    const [first, second] = [new PlainParticipant(web.address), new PlainParticipant(web.address)];
    await first.consent();
    assert.equal(await first.assigned(), `/proxy/${dying}/`);
    await second.consent();

    const leaving = { id: dying!, from: ['leased'], to: 'failed', reason: 'its node was lost' } as const;
    assert.equal(await store.leave(term - 1, leaving), false);
    assert.equal(await first.assigned(), `/proxy/${dying}/`);
    assert.equal(await store.leave(term, leaving), true);
    assert.equal(await store.leave(term, leaving), false);
    assert.equal(await first.assigned(), undefined);
    const old = await first.request(`/proxy/${dying}/`);
    assert.deepEqual([old.status, old.headers.get('location')], [302, '/howTo']);

    const [next] = await web.makeReady(1);
    assert.equal(await second.assigned(), undefined);
    assert.equal(await first.assigned(), `/proxy/${next}/`);
    const { rows } = await web.database.query<{ reason: string | null }>(
      'select end_reason as reason from leases order by id',
    );
    assert.deepEqual(
      rows.map(({ reason }) => reason),
      ['its node was lost', null],
    );
  });

  it('can finish without another one', async () => {
    const store = new PostgresStore(web.database);
    const term = await store.raiseTerm('test');
    await web.makeReady(2); // the other one is for who still waits
    const who = new PlainParticipant(web.address);
    await who.consent();
    const dying = (await who.assigned())!.split('/')[2]!;
    assert.equal(await store.leave(term, { id: dying, from: ['leased'], to: 'failed', reason: 'lost' }), true);
    const finished = await who.request(`/proxy/${dying}/finish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-observatory': '1' },
      body: JSON.stringify({ seq: 0 }),
    });
    assert.deepEqual([finished.status, await finished.json()], [200, { next: '/survey' }]);
    const { rows } = await web.database.query(
      `select state from participants p where exists (select from leases where participant_id = p.id and instance_id = $1)`,
      [dying],
    );
    assert.deepEqual(rows, [{ state: 'finished' }]);
  });
});
