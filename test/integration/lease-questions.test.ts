/** The gate's questions about leases, and how often a session may ask: on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { LeaseQuestions } from '../../src/gate/lease-questions.js';
import { poll } from '../poll.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { forgetEverybody, one } from './old-people.js';
import { rawRequest } from './raw-request.js';
import { RunningWeb } from './running-web.js';
import { withEntry } from './way-in.js';

const LIMIT = 5;

describe('the gate asks', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let questions: LeaseQuestions;
  before(async () => {
    web = await RunningWeb.start({ OBSERVATORY_LIMITS: `gate=${LIMIT}` });
    await withEntry(web, {});
    questions = new LeaseQuestions(web.database);
  });
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  interface Seated {
    readonly id: string;
    readonly instance: string;
    readonly who: PlainParticipant;
  }
  async function seated(): Promise<Seated> {
    await web.makeReady(1);
    const who = new PlainParticipant(web.address);
    await who.consent();
    const instance = (await who.assigned())!.split('/')[2]!;
    const id = await one<string>(web, 'select participant_id as it from leases where instance_id = $1', instance);
    return { id, instance, who };
  }
  const endLease = ({ id }: Seated) =>
    web.database.query(`update leases set ended_at = now(), end_reason = 'test' where participant_id = $1`, [id]);

  it('about many at once, and tells each their own', async () => {
    const [a, b] = [await seated(), await seated()];
    const asked: [participant: string, instance: string, holds: boolean][] = [
      [a.id, a.instance, true],
      [a.id, b.instance, false],
      [b.id, b.instance, true],
      [b.id, a.instance, false],
      ['000000000000', a.instance, false],
      [a.id, 'ffffffffffff', false],
      [a.id, "'; drop table leases --", false],
      [a.id, '', false],
    ];
    // More than one query takes, in an order in which a mix-up would show.
    const many = Array.from({ length: 200 }, (_, turn) => [...asked.slice(turn % 8), ...asked.slice(0, turn % 8)]);
    const answers = await Promise.all(
      many.flat().map(([participant, instance]) => questions.holds(participant, instance)),
    );
    assert.deepEqual(
      answers,
      many.flat().map(([, , holds]) => holds),
    );
  });

  it('anew each time: a lease that has ended opens nothing, not even to who asked a moment before', async () => {
    const [a, b] = [await seated(), await seated()];
    const before = questions.holds(a.id, a.instance);
    assert.equal(await before, true);
    await endLease(a);
    const after = [a, b, a].map(({ id, instance }) => questions.holds(id, instance));
    assert.deepEqual(await Promise.all(after), [false, true, false]);
  });

  it('and is told of every question that Postgres was away; later ones are answered again', async () => {
    const a = await seated();
    const postgres = web.services.services.postgres!;
    await postgres.stop();
    try {
      const many = Array.from({ length: 1_200 }, () => questions.holds(a.id, a.instance));
      const results = await Promise.allSettled(many);
      assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(['rejected']));
    } finally {
      await postgres.restart();
    }
    await poll('Postgres answers', () => questions.holds(a.id, a.instance).catch(() => false), 20);
    assert.equal(await questions.holds(a.id, 'ffffffffffff'), false);
  });

  it('not without end for one session: 429 with JSON and the seconds to wait, and other sessions go on', async () => {
    const [a, b] = [await seated(), await seated()];
    const ask = ({ who, instance }: Seated, of = instance) =>
      rawRequest(web.gateAddress, '/gate', {
        headers: { cookie: who.cookie, 'x-forwarded-uri': `/proxy/${of}/api/kernels`, 'x-forwarded-host': 'x' },
      });
    const inTurn: number[] = [];
    // What is refused counts as well: ids are not guessed faster than that.
    for (let turn = 0; turn < LIMIT; turn += 1) {
      inTurn.push((await ask(a, turn % 2 === 0 ? a.instance : b.instance)).status);
    }
    assert.deepEqual(inTurn, [200, 403, 200, 403, 200]);
    const refused = await ask(a);
    assert.equal(refused.status, 429);
    assert.match(String(refused.headers['content-type']), /^application\/json/);
    assert.equal(refused.headers['authorization'], undefined);
    const body = JSON.parse(refused.text) as { error: string; message: string; retryAfter: number };
    assert.equal(body.error, 'too-many');
    assert.match(body.message, /It goes on in a minute/);
    assert.ok(body.retryAfter >= 1 && body.retryAfter <= 60, String(body.retryAfter));
    assert.equal(refused.headers['retry-after'], String(body.retryAfter));
    const other = await ask(b);
    assert.equal(other.status, 200);
    assert.match(String(other.headers['authorization']), /^token /);
    assert.equal((await ask(a)).status, 429);
  });
});
