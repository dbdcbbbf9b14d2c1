/** What the database says of a run, beside what its bots saw: nothing lost, nothing twice, nothing left over, all conditions alike. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '../platform/postgres/database.js';
import { nameOf } from './bot-outbox.js';
import type { Played } from './bot.js';
import type { BrowserPlayed } from './run.js';

export interface Books {
  readonly stored: number;
  /** Kept apart, as another page had taken over. */
  readonly strays: number;
  /** Acknowledged, or recorded by who finished, and nowhere to be found; the first of them by name. */
  readonly lost: readonly string[];
  /** Events stored more than once, and what two participants had at once or one twice. */
  readonly doubled: readonly string[];
  readonly leaked: readonly string[];
  /** Participants by condition. */
  readonly conditions: Readonly<Record<string, number>>;
  readonly imbalance: number;
}

export interface Verified {
  readonly studyId: string;
  readonly played: readonly Played[];
  readonly browsers: readonly BrowserPlayed[];
  /** Ids of the instances that run in the cluster, by their jobs. */
  readonly running: () => Promise<readonly string[]>;
  /** How long instances may take to end after their participants have finished. */
  readonly settleMs?: number;
}

const SETTLE_MS = 60_000;

export async function readBooks(database: Queryable, run: Verified): Promise<Books> {
  const events = await storedEvents(database, run.studyId);
  const leaked = await leaks(database, run);
  const conditions = await byCondition(database, run.studyId);
  const counts = Object.values(conditions);
  return {
    stored: events.filter(({ stray }) => !stray).length,
    strays: events.filter(({ stray }) => stray).length,
    lost: [...lostEvents(run.played, events), ...(await lostInBrowsers(database, run.browsers))],
    doubled: [...repeated(events), ...(await sharedInstances(database)), ...(await twiceHere(database, run))],
    leaked,
    conditions,
    imbalance: counts.length === 0 ? 0 : Math.max(...counts) - Math.min(...counts),
  };
}

interface StoredEvent {
  readonly participant: string;
  readonly page: string;
  readonly clock: number;
  readonly type: string;
  readonly stray: boolean;
}

async function storedEvents(database: Queryable, studyId: string): Promise<StoredEvent[]> {
  const { rows } = await database.query<StoredEvent>(
    `select participant_id as participant, page, clock, type, false as stray from events where study_id = $1
     union all
     select participant_id, s.page, (event->>'clock')::float8, event->>'type', true
     from stray_events s join participants p on p.id = participant_id where study_id = $1`,
    [studyId],
  );
  return rows;
}

/** What was acknowledged must be there; of who finished, all that was recorded. */
function lostEvents(played: readonly Played[], events: readonly StoredEvent[]): string[] {
  const stored = new Set(events.map((event) => `${event.participant} ${nameOf(event)} ${event.type}`));
  return played.flatMap(({ participant, outcome, recorded }) =>
    recorded.events
      .filter((event) => outcome === 'finished' || recorded.acknowledged.has(nameOf(event)))
      .filter((event) => !stored.has(`${participant} ${nameOf(event)} ${event.type}`))
      .map((event) => `event ${event.seq} (${event.type}) of participant ${participant}`),
  );
}

async function lostInBrowsers(database: Queryable, browsers: readonly BrowserPlayed[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { visit } of browsers) {
    if (visit === undefined) continue;
    const { rows } = await database.query<{ stored: number }>(
      `select count(*)::int as stored from events where participant_id =
         (select participant_id from leases where instance_id = $1 order by id desc limit 1)`,
      [visit.instanceId],
    );
    const missing = visit.sent - rows[0]!.stored;
    if (missing > 0) lost.push(`${missing} events of the browser on instance ${visit.instanceId}`);
  }
  return lost;
}

function repeated(events: readonly StoredEvent[]): string[] {
  const seen = new Set<string>();
  return events.flatMap((event) => {
    const name = `${event.participant} ${nameOf(event)} ${event.type}`;
    if (seen.has(name)) return [`event ${event.type} of participant ${event.participant} is stored twice`];
    seen.add(name);
    return [];
  });
}

async function sharedInstances(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ instance: string }>(
    `select instance_id as instance from leases group by instance_id having count(distinct participant_id) > 1`,
  );
  return rows.map(({ instance }) => `instance ${instance} was given to two participants`);
}

/** More participants than people: somebody was counted twice. */
async function twiceHere(database: Queryable, { studyId, played, browsers }: Verified): Promise<string[]> {
  const { rows } = await database.query<{ joined: number }>(
    `select count(*)::int as joined from participants where study_id = $1 and condition is not null`,
    [studyId],
  );
  const people = played.length + browsers.length;
  const more = rows[0]!.joined - people;
  return more > 0 ? [`${people} people came, ${rows[0]!.joined} participants joined`] : [];
}

/** Participants who are part of the study, as the balancing counts them. */
async function byCondition(database: Queryable, studyId: string): Promise<Record<string, number>> {
  const { rows } = await database.query<{ name: string; count: number }>(
    `select c.name, count(p.id)::int as count from conditions c
     left join participants p on p.study_id = c.study_id and p.condition = c.number
       and p.state in ('waiting', 'working', 'finished')
     where c.study_id = $1 and c.active group by c.number, c.name order by c.number`,
    [studyId],
  );
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

/** What is still there although nobody has it, once all had time to end. */
async function leaks(database: Queryable, run: Verified): Promise<string[]> {
  for (const deadline = performance.now() + (run.settleMs ?? SETTLE_MS); ; await sleep(500)) {
    const found = await leaksNow(database, run);
    if (found.length === 0 || performance.now() > deadline) return found;
  }
}

async function leaksNow(database: Queryable, { studyId, running }: Verified): Promise<string[]> {
  const before = await running();
  const { rows } = await database.query<{ id: string; state: string; mayRun: boolean; leased: boolean }>(
    `select i.id, i.state, i.state not in ('stopped', 'failed') as "mayRun",
       exists (select from leases l where l.instance_id = i.id and l.ended_at is null) as leased from instances i`,
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const ended = await database.query<{ instance: string; state: string }>(
    `select l.instance_id as instance, p.state from leases l join participants p on p.id = l.participant_id
     where l.ended_at is null and p.state <> 'working' and p.study_id = $1`,
    [studyId],
  );
  return [
    ...rows
      .filter(({ state, leased }) => state === 'retiring' || (state === 'leased' && !leased))
      .map(({ id, state }) => `instance ${id} is ${state} and nobody has it`),
    ...before.filter((id) => known.get(id)?.mayRun !== true).map((id) => `instance ${id} runs and no book has it`),
    ...ended.rows.map(({ instance, state }) => `instance ${instance} is leased to somebody who is ${state}`),
  ];
}
