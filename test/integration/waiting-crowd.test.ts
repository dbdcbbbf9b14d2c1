/**
 * A lecture hall begins at once. Real: Traefik, two web apps (one behind Traefik, one beside it), Postgres, Redis, HTTP from the consent form
 * to the finish. Instances are rows: what the manager does with them (boot, ready, into Redis) a stand-in of a few lines does here.
 */
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWeb } from '../../src/cli/web.js';
import { newInstanceId } from '../../src/platform/identity.js';
import { keys, queueEntry } from '../../src/platform/redis.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { poll } from '../poll.js';
import { linesInto, RunningWeb } from './running-web.js';
import { EventStream, type Told } from '../../src/simulate/waiting-stream.js';
import { BOXES, withEntry } from './way-in.js';

const PEOPLE = 200;
const WARM = 20;
const BOOT_SECONDS = 2;

interface Person {
  readonly who: PlainParticipant;
  readonly at: string;
  readonly told: { readonly at: number; readonly told: Told }[];
  /** One after the other: each ends after a minute. */
  readonly streams: EventStream[];
}

describe(`${PEOPLE} arrivals within a second on ${WARM} warm instances`, function () {
  this.timeout(600_000);
  let web: RunningWeb;
  let second: Awaited<ReturnType<typeof startWeb>>;
  let redis: Redis;
  const people: Person[] = [];
  let pool: Pool;

  before(async () => {
    // What should make the instances ready finds none, and ends at the web app, where it counts as posts of this address.
    web = await RunningWeb.start({ OBSERVATORY_LIMITS: 'posts=30/100000' }, { traefik: true });
    await withEntry(web, { by: ['link'] }, { caps: { maxParticipants: null, perAddressAndDay: null } });
    const beside = { OBSERVATORY_LISTEN: '127.0.0.1:0', OBSERVATORY_GATE_LISTEN: '127.0.0.1:0' };
    second = await startWeb({ ...web.settings, ...beside }, pino({ level: 'info' }, linesInto(web.lines)));
    redis = new Redis(web.services.environment['REDIS_URL']!);
    pool = new Pool(web, redis);
    await pool.fill();
    for (let n = 0; n < PEOPLE; n += 1) {
      const at = n % 2 === 0 ? web.publicUrl : second.address;
      const who = new PlainParticipant(at);
      assert.equal((await who.request('/consent?study=crypto-api')).status, 200);
      people.push({ who, at, told: [], streams: [] });
    }
  });
  after(async () => {
    await pool?.stop();
    for (const { streams } of people) streams.at(-1)?.close();
    redis?.disconnect();
    await second?.stop();
    await web?.stop();
  });

  const last = ({ told }: Person): Told | undefined => told.at(-1)?.told;
  const rows = async <T extends object>(sql: string): Promise<T[]> => (await web.database.query<T>(sql)).rows;
  const idOf = ({ who }: Person): string => who.cookies.get('observatory')!;

  /** As the page does: again when the stream ends before the wait. */
  function listen(person: Person): void {
    const hear = (told: Told): void => void person.told.push({ at: performance.now(), told });
    const stream = new EventStream(person.at, person.who.cookie, hear);
    person.streams.push(stream);
    const again = (): void => {
      if (last(person)?.state === 'waiting') listen(person);
    };
    void stream.ended.then(again, () => undefined);
  }

  it(`${WARM} go at once, in the order in which they came, the others see their position`, async () => {
    const sent: number[] = [];
    await Promise.all(
      people.map(async (person, n) => {
        await sleep(n * 4);
        sent.push(performance.now());
        const joined = await person.who.request('/howTo', { method: 'POST', body: new URLSearchParams(BOXES) });
        assert.equal(joined.status, 303, web.problems());
        listen(person);
      }),
    );
    console.log(`      sent within ${Math.round(Math.max(...sent) - Math.min(...sent))} ms`);
    const settled = () => {
      const told = people.map(last);
      const places = told.flatMap((each) => (each?.state === 'waiting' ? [each.before!] : []));
      const isSettled =
        told.filter((each) => each?.state === 'ready').length === WARM &&
        JSON.stringify(places.sort((a, b) => a - b)) === JSON.stringify([...Array(PEOPLE - WARM).keys()]);
      return Promise.resolve(isSettled);
    };
    await poll('each has another position', settled, 30);
    const [order] = await rows<{ first: boolean }>(
      `select bool_and(state = 'working') as first from (select state from participants order by queued_at limit ${WARM}) p`,
    );
    assert.equal(order?.first, true);
  });

  it('all are served in order, none twice, none lost, and their expected time falls', async () => {
    pool.start();
    await Promise.all(people.map(workAndFinish));
    const served = await rows<{ participant: string; instance: string; place: number; nth: number }>(
      `select l.participant_id as participant, l.instance_id as instance, p.place::int, row_number() over (order by l.id)::int as nth
       from leases l join (select id, row_number() over (order by queued_at, id) as place from participants) p
         on p.id = l.participant_id order by l.id`,
    );
    assert.deepEqual([served.length, new Set(served.map(({ participant }) => participant)).size], [PEOPLE, PEOPLE]);
    assert.equal(new Set(served.map(({ instance }) => instance)).size, PEOPLE);
    // Who are served in the same moment, by one web app each, may stand in the book either way round; never further apart than
    // one moment's instances. That the only instance goes to the first is in waiting-line.test.ts.
    const astray = served.filter(({ place, nth }) => Math.abs(place - nth) >= WARM);
    assert.deepEqual(astray, []);
    assert.deepEqual(await rows(`select state, count(*)::int from participants group by state`), [
      { state: 'finished', count: PEOPLE },
    ]);
    const [balance] = await rows<{ most: number; least: number }>(
      `select max(n)::int as most, min(n)::int as least from (select count(*) as n from participants group by condition) c`,
    );
    assert.ok(balance!.most - balance!.least <= 1, JSON.stringify(balance));
    expectedTimesFell();
  });

  async function workAndFinish(person: Person, n: number): Promise<void> {
    const { address } = await poll(
      `a notebook for person ${n}`,
      () => Promise.resolve(last(person)?.state === 'ready' ? last(person) : undefined),
      240,
    );
    assert.equal(
      (await rows(`select from leases where participant_id = '${idOf(person)}' and ended_at is null`)).length,
      1,
    );
    await sleep(1_500 + ((n * 7) % 10) * 150);
    const headers = { 'content-type': 'application/json', 'x-observatory': '1' };
    const finished = await person.who.request(`${address}finish`, { method: 'POST', headers, body: '{"seq":0}' });
    assert.equal(finished.status, 200);
  }

  /** Of those who waited longer than for the first that came free, before which nothing can be told. */
  function expectedTimesFell(): void {
    const errors: number[] = [];
    let [heartbeats, long] = [0, 0];
    for (const { told, streams } of people) {
      const waiting = told.filter(({ told: { state } }) => state === 'waiting');
      if (waiting.length === 0) continue;
      const positions = waiting.map(({ told: { before } }) => before!);
      assert.deepEqual(
        positions.slice(-5),
        positions.slice(-5).toSorted((a, b) => b - a),
        'a position grew',
      );
      const ready = told.at(-1)!.at;
      if (ready - waiting[0]!.at > 16_000) long += 1;
      if (ready - waiting[0]!.at > 16_000 && streams.some(({ comments }) => comments.length > 0)) heartbeats += 1;
      if (waiting.at(-1)!.told.before! > WARM || waiting.length < 8) continue;
      const known = waiting.filter(({ told: { expected } }) => typeof expected === 'number');
      const first = known.find(({ told: { before } }) => before! >= 2 * WARM);
      if (first === undefined) continue;
      const times = known.slice(known.indexOf(first)).map(({ told: { expected } }) => expected!);
      assert.ok(times.at(-1)! < times[0]! / 2, `expected ${times.map((time) => time.toFixed(1)).join(' ')}`);
      errors.push(first.told.expected! / ((ready - first.at) / 1000));
    }
    errors.sort((a, b) => a - b);
    const at = (share: number): string => errors[Math.floor(share * (errors.length - 1))]!.toFixed(2);
    console.log(`      ${errors.length} first expectations over the truth: ${at(0)} to ${at(1)}, median ${at(0.5)}`);
    console.log(`      ${heartbeats} of ${long} long streams had a heartbeat`);
    assert.ok(errors.length >= PEOPLE / 2, `${errors.length} were told a time early on`);
    assert.equal(heartbeats, long);
  }
});

/** What the manager does: keeps so many instances, each of which takes its time to boot. */
class Pool {
  private running: NodeJS.Timeout | undefined;
  private turning: Promise<void> = Promise.resolve();

  constructor(
    private readonly web: RunningWeb,
    private readonly redis: Redis,
  ) {}

  /** Warm, and their boots on record. */
  async fill(): Promise<void> {
    await this.boot(WARM);
    await this.web.database.query(`update instances set dispatched_at = now() - interval '${BOOT_SECONDS} seconds'`);
    await this.readyUp();
  }

  start(): void {
    this.running = setInterval(() => {
      this.turning = this.turning.then(() => this.turn());
    }, 100);
  }

  async stop(): Promise<void> {
    clearInterval(this.running);
    await this.turning;
  }

  private async turn(): Promise<void> {
    const gone = await this.web.database.query(
      `update instances set state = 'stopped', stopped_at = now() where state = 'retiring'`,
    );
    await this.boot(gone.rowCount ?? 0);
    await this.readyUp();
  }

  private async boot(count: number): Promise<void> {
    const ids = Array.from({ length: count }, newInstanceId);
    await this.web.database.query(
      `insert into instances (id, profile, job_id, dispatched_at) select id, 'default', 'job-' || id, now() from unnest($1::text[]) id`,
      [ids],
    );
  }

  private async readyUp(): Promise<void> {
    const { rows } = await this.web.database.query<{ id: string; job: string }>(
      `update instances set state = 'ready', ready_at = now()
       where state = 'booting' and dispatched_at <= now() - interval '${BOOT_SECONDS} seconds' returning id, job_id as job`,
    );
    for (const { id, job } of rows) await this.redis.rpush(keys.queued, queueEntry(job, id));
  }
}
