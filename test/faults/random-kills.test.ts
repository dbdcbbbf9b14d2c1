/** Managers killed with SIGKILL at random moments while the pool fills and drains. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../poll.js';
import { booksAgree, childrenOf } from './support/books.js';
import { allFaults } from './support/extent.js';
import { FaultStack } from './support/fault-stack.js';
import { LineOfPeople } from './support/line-of-people.js';
import type { Manager } from './support/managers.js';
import { randomFrom } from '../../src/platform/random.js';

const KILLS = allFaults ? 200 : 12;
const POOL = allFaults ? 20 : 6;
/** A leader is killed after at most so many of its steps. */
const STEPS = 12;
const IDLE_MS = 2_500;
const SEED = Number(process.env.OBSERVATORY_FAULTS_SEED ?? Date.now() % 1_000_000);

describe(`${KILLS} random kills over a filling and draining pool of ${POOL}`, function () {
  this.timeout(2_400_000);
  let stack: FaultStack;

  before(async () => {
    stack = await FaultStack.start({ pool: POOL, maxInstances: 2 * POOL });
    // More people than the study takes.
    await stack.parts.database.query(
      `update studies set definition = jsonb_set(definition, '{caps,maxParticipants}', 'null')`,
    );
  });
  after(() => stack?.stop());

  it(`leak nothing, double nothing and stop no leased instance (OBSERVATORY_FAULTS_SEED=${SEED})`, async () => {
    const { managers, database, nomad, job } = stack.parts;
    const random = randomFrom(SEED);
    const people = new LineOfPeople(stack);
    const stopping = new AbortController();
    const life = comeAndGo(people, random, stopping.signal);
    let running = [managers.start(), managers.start()];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const leader = await leading(running);
      await inItsWork(Math.floor(random() * STEPS));
      await sleep(random() * 100);
      await managers.kill(leader);
      await managers.freeLock();
      running = [...running.filter((manager) => manager !== leader), managers.start()];
    }
    stopping.abort();
    await life;
    await poll(
      'all have had their turn',
      async () => {
        await people.allLeave();
        return people.waits === 0;
      },
      120,
    );
    await booksAgree(stack, { ready: POOL }, 120);
    const dispatched = (await childrenOf(nomad.address, job)).map(({ instance }) => instance);
    console.log(`      ${people.counts}; ${dispatched.length} instances were dispatched`);

    assert.ok(dispatched.length > KILLS / 2, 'the managers had too little to do for this to show anything');
    assert.deepEqual(people.complaints, []);
    assert.equal(new Set(dispatched).size, dispatched.length, 'an instance was dispatched twice');
    const { rows } = await database.query(
      `select subject_id, to_state, actor, reason from audit
       where subject = 'instance' and from_state = 'leased' and actor <> 'participant' and to_state <> 'leased'`,
    );
    assert.deepEqual(rows, [], 'a leased instance was ended by somebody else than its participant');
  });

  const stepsOnRecord = async (): Promise<number> => {
    const { rows } = await stack.parts.database.query<{ count: number }>(
      `select count(*)::int as count from audit where actor = 'manager'`,
    );
    return rows[0]!.count;
  };

  /** So many steps later, however fast the machine is; a leader that has nothing to do is killed as well. */
  async function inItsWork(steps: number): Promise<void> {
    const until = (await stepsOnRecord()) + steps;
    const deadline = Date.now() + IDLE_MS;
    while (Date.now() < deadline && (await stepsOnRecord()) < until) await sleep(10);
  }

  async function leading(running: readonly Manager[]): Promise<Manager> {
    const find = async () => {
      const pid = await stack.parts.managers.leader();
      return running.find((manager) => manager.pid === pid);
    };
    return poll('one of the managers leads', find, 60);
  }
});

/** Crowds come and go: up to all of the pool at work, then hardly anybody. */
async function comeAndGo(people: LineOfPeople, random: () => number, signal: AbortSignal): Promise<void> {
  let crowd = 0;
  while (!signal.aborted) {
    if (random() < 0.05) crowd = Math.floor(random() * POOL);
    await people.serve();
    if (people.atWork + people.waits < crowd) await people.come();
    else if (random() < 0.5) await people.leave();
    await sleep(50 + random() * 200);
  }
}
