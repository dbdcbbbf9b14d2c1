/** Conditions and caps under many simultaneous arrivals and dropouts, on a real Postgres. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { draw, type DrawRecord } from '../../src/participants/balance.js';
import { rejoin } from '../../src/participants/leave.js';
import { finish } from '../../src/participants/lease.js';
import { serveLine } from '../../src/participants/line.js';
import { Crowd, type Design } from './crowd.js';

const noHints = { pop: () => Promise.resolve(undefined) };
const spread = (numbers: readonly number[]) => Math.max(...numbers) - Math.min(...numbers);

describe('assignment', function () {
  this.timeout(300_000);
  let crowd: Crowd;
  before(async () => {
    crowd = await Crowd.gather();
  });
  after(() => crowd?.stop());

  const joinAll = async (study: string, people: readonly string[]) =>
    // Each from an address of its own: the count of one address would let them in one after the other anyway.
    Promise.all(people.map((person) => crowd.join(study, person, person)));
  const arriveAll = (study: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => crowd.arrive(study)));
  const draws = async (study: string) => {
    const rows = await crowd.rows<{ draw: DrawRecord; seed: string; condition: number }>(
      `select draw, seed, condition from participants p join studies s on s.id = p.study_id
       where s.id = $1 and draw is not null order by (draw->>'number')::int`,
      [study],
    );
    return rows;
  };
  const taken = async (study: string, conditions: number) => {
    const truth = await crowd.truth(study);
    const of = (condition: number) =>
      (truth[`condition:${condition} inFlight`] ?? 0) + (truth[`condition:${condition} completed`] ?? 0);
    return Array.from({ length: conditions }, (_, index) => of(index + 1));
  };
  const assertReplayable = async (study: string) => {
    const all = await draws(study);
    assert.deepEqual(
      all.map((one) => one.draw.number),
      all.map((_, index) => index + 1),
    );
    for (const one of all) {
      const { condition, next, ...question } = one.draw;
      assert.deepEqual(draw(question, one.seed), { condition, next });
      assert.equal(one.condition, condition);
    }
    return all;
  };

  it('defect 7: of many who start at once, no two conditions differ by more than one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }), async (conditions, people) => {
        const study = await crowd.open({ conditions });
        const results = await joinAll(study, await arriveAll(study, people));
        assert.ok(results.every((result) => result === 'joined'));
        assert.ok(spread(await taken(study, conditions)) <= 1);
        await assertReplayable(study);
      }),
      { numRuns: 15, includeErrorInReport: true },
    );
  });

  it('defect 6: a form that is sent again, however often at once, changes neither condition nor instance', async () => {
    const study = await crowd.open({ conditions: 4 });
    await crowd.makeReady(study, 3);
    const person = await crowd.arrive(study);
    const results = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const result = await crowd.join(study, person);
        await serveLine(crowd.database, noHints, study);
        return result;
      }),
    );
    assert.deepEqual(results.sort(), [...Array<string>(7).fill('already-joined'), 'joined']);
    const before = await crowd.rows('select condition, draw from participants where id = $1', [person]);
    assert.equal(await crowd.join(study, person), 'already-joined');
    await serveLine(crowd.database, noHints, study);
    assert.deepEqual(await crowd.rows('select condition, draw from participants where id = $1', [person]), before);
    const [leased] = await crowd.rows<{ leased: number }>(
      `select count(*)::int as leased from instances where profile = $1 and state = 'leased'`,
      [study],
    );
    assert.deepEqual(leased, { leased: 1 });
  });

  it('defect 8: what does not count, and a study without participants, leave every condition open', async () => {
    const study = await crowd.open({ conditions: 3 });
    const people = await arriveAll(study, 3);
    await joinAll(study, people);
    assert.deepEqual(await taken(study, 3), [1, 1, 1]);
    // All data of two people are void: their conditions are the next, one after the other.
    const [first, second] = await draws(study);
    await crowd.leave(people[0]!, 'withdrawn');
    await crowd.leave(people[1]!, 'screened');
    assert.ok(first && second);
    await joinAll(study, await arriveAll(study, 2));
    assert.deepEqual(await taken(study, 3), [1, 1, 1]);
  });

  it('defect 2: whom a cap refuses has consented to nothing and counts nowhere', async () => {
    const study = await crowd.open({ conditions: 2, caps: { maxParticipants: 1, perAddressAndDay: 5 } });
    const [first, second] = await arriveAll(study, 2);
    assert.equal(await crowd.join(study, first!, 'here'), 'joined');
    assert.equal(await crowd.join(study, second!, 'there'), 'study-full');
    assert.deepEqual(
      await crowd.rows('select state, consent, consented_at, condition, draw from participants where id = $1', [
        second,
      ]),
      [{ state: 'arrived', consent: null, consented_at: null, condition: null, draw: null }],
    );
    assert.deepEqual(
      await crowd.rows(`select value from counters where study_id = $1 and name = 'there'`, [study]),
      [],
    );
    assert.deepEqual(await crowd.counted(study), await crowd.truth(study));
  });

  it('a condition that fell behind is filled first', async () => {
    const study = await crowd.open({ conditions: 3 });
    await joinAll(study, await arriveAll(study, 12));
    const behind = await crowd.rows<{ id: string }>(
      'select id from participants where study_id = $1 and condition = 2',
      [study],
    );
    await Promise.all(behind.slice(0, 3).map(({ id }) => crowd.leave(id)));
    assert.deepEqual(await taken(study, 3), [4, 1, 4]);
    await joinAll(study, await arriveAll(study, 3));
    assert.deepEqual(await taken(study, 3), [4, 4, 4]);
  });

  it('balances each stratum by itself', async () => {
    const study = await crowd.open({ conditions: 2, balancing: { stratify: 'origin' } });
    const origins = Array.from({ length: 18 }, (_, index) => `${index % 3}`);
    await joinAll(study, await Promise.all(origins.map((origin) => crowd.arrive(study, { origin }))));
    const counted = await crowd.counted(study);
    for (const origin of ['0', '1', '2']) {
      for (const condition of [1, 2]) assert.equal(counted[`stratum:${origin} condition:${condition} inFlight`], 3);
    }
    assert.deepEqual(counted, await crowd.truth(study));
    await assertReplayable(study);
  });

  it('who comes back has the condition of before, at the end of the line, and no cap is passed for it', async () => {
    const study = await crowd.open({ conditions: 2, caps: { maxParticipants: 3 } });
    const people = await arriveAll(study, 4);
    await joinAll(study, people.slice(0, 3));
    const of = async (id: string) =>
      (await crowd.rows<{ condition: number }>('select condition from participants where id = $1', [id]))[0]!.condition;
    const condition = await of(people[0]!);
    await crowd.leave(people[0]!);
    assert.equal(await rejoin(crowd.database, people[0]!), 'joined');
    assert.equal(await of(people[0]!), condition);
    const [last] = await crowd.rows<{ id: string }>(
      'select id from participants where study_id = $1 order by queued_at desc nulls last limit 1',
      [study],
    );
    assert.equal(last!.id, people[0]);
    await crowd.leave(people[0]!);
    assert.equal(await crowd.join(study, people[3]!), 'joined');
    assert.equal(await rejoin(crowd.database, people[0]!), 'study-full');
    assert.deepEqual(await crowd.counted(study), await crowd.truth(study));
  });

  const strategies: readonly Design['balancing'][] = [
    { strategy: 'least', quotas: { 1: 6 } },
    { strategy: 'two-stage' },
    { strategy: 'weighted', weights: { 2: 3 } },
    { strategy: 'blocks', repeats: 2, quotas: { 2: 5 } },
    { strategy: 'rare-common', rare: ['1'], every: 3 },
    { strategy: 'blocks', stratify: 'origin' },
  ];
  for (const balancing of strategies) {
    it(`arrivals, finishes, dropouts and returns at once pass no cap and keep the counters true: ${JSON.stringify(balancing)}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(fc.nat(999), { maxLength: 16 }), { maxLength: 4 }), async (waves) => {
          const caps = { maxParticipants: 14, perAddressAndDay: 9 };
          const study = await crowd.open({ conditions: 4, balancing: balancing!, caps });
          await crowd.makeReady(study, 8);
          const people: string[] = [];
          for (const wave of [[0, 2, 4, 6, 8, 10], ...waves]) {
            await Promise.all(wave.map((number) => step(study, people, number)));
            await assertBounds(study, balancing?.quotas, caps);
          }
          await assertReplayable(study);
        }),
        { numRuns: 12, includeErrorInReport: true },
      );
    });
  }

  async function step(study: string, people: string[], number: number): Promise<void> {
    const kind = number % 8;
    const someone = people[number % Math.max(1, people.length)];
    if (someone === undefined || kind % 2 === 0) {
      const address = `address ${number % 3}`;
      const person = await crowd.arrive(study, { origin: `${number % 2}` }, address);
      people.push(person);
      await crowd.join(study, person, address);
      await serveLine(crowd.database, noHints, study);
    } else if (kind === 1) await finish(crowd.database, someone, 0);
    else if (kind === 3) await crowd.leave(someone, number % 3 === 0 ? 'withdrawn' : 'abandoned');
    else if (kind === 5) await crowd.leave(someone);
    else await rejoin(crowd.database, someone);
  }

  async function assertBounds(
    study: string,
    quotas: Readonly<Record<string, number>> = {},
    caps: { maxParticipants: number; perAddressAndDay: number },
  ): Promise<void> {
    const truth = await crowd.truth(study);
    assert.deepEqual(await crowd.counted(study), truth);
    const total = (truth['study inFlight'] ?? 0) + (truth['study completed'] ?? 0);
    assert.ok(total <= caps.maxParticipants, `${total} participants`);
    const each = await taken(study, 4);
    for (const [condition, quota] of Object.entries(quotas)) assert.ok(each[Number(condition) - 1]! <= quota);
    const starts = await crowd.rows<{ starts: number; counted: number }>(
      `select count(*)::int as starts,
         (select value::int from counters c where c.study_id = $1 and c.scope like 'address:%' and c.name = address_key) as counted
       from participants where study_id = $1 and draw is not null group by address_key`,
      [study],
    );
    for (const { starts: here, counted } of starts) {
      assert.ok(here <= caps.perAddressAndDay);
      assert.equal(here, counted);
    }
    const [live] = await crowd.rows<{ wrong: number }>(
      `select count(*)::int as wrong from leases l join participants p on p.id = l.participant_id
       where l.study_id = $1 and l.ended_at is null and p.state <> 'working'`,
      [study],
    );
    assert.deepEqual(live, { wrong: 0 });
  }
});
