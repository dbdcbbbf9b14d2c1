import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { moveParticipant } from './participant.js';
import { isPresent, joinSeen } from './presence.js';
import { waitsSince } from './standing.js';

/** Where ids of ready instances can be had faster than by asking Postgres; it may be empty, stale or away. */
export interface ReadyHints {
  pop(): Promise<string | undefined>;
}

type Served = { readonly waitedSeconds: number } | 'nobody-waits' | 'none-ready';

/** More stale hints than this in a row: Postgres is asked. */
const HINTS_TRIED = 4;

/** Thrown to give the instance back; never leaves this file. */
class Undone extends Error {
  constructor(readonly why: 'nobody-waits' | 'another-study') {
    super(why);
  }
}

/**
 * Gives ready instances of the profile to those who wait and are there, strictly first come, first served. Returns how many seconds
 * each who was served had waited.
 */
export async function serveLine(database: Database, hints: ReadyHints, profile: string): Promise<readonly number[]> {
  for (const waits: number[] = []; ;) {
    try {
      const result = await transaction(database, (client) => serveNext(client, hints, profile));
      if (typeof result === 'string') return waits;
      waits.push(result.waitedSeconds);
    } catch (error) {
      if (!(error instanceof Undone)) throw error;
      // Whoever was first is being served by another just now.
      if (error.why === 'nobody-waits') return waits;
    }
  }
}

const first = `
select p.id, p.study_id as "studyId", extract(epoch from now() - ${waitsSince('p')})::float8 as "waitedSeconds"
from participants p join study_versions v on v.study_id = p.study_id and v.number = p.version ${joinSeen}
where p.state = 'waiting' and v.profile = $1 and ${isPresent} order by p.queued_at, p.id limit 1`;

/**
 * The instance is taken before the participant is locked: whoever is passed over as locked has an instance already, however many
 * web processes serve at once. The other way round the first could find none left, and the second have it.
 */
async function serveNext(client: Queryable, hints: ReadyHints, profile: string): Promise<Served> {
  interface Waiting {
    id: string;
    studyId: string;
    waitedSeconds: number;
  }
  const expected = (await client.query<Waiting>(first, [profile])).rows[0];
  if (expected === undefined) return 'nobody-waits';
  const instance = await claim(client, hints, profile, expected.studyId);
  if (instance === undefined) return 'none-ready';
  const next = (await client.query<Waiting>(`${first} for update of p skip locked`, [profile])).rows[0];
  if (next === undefined) throw new Undone('nobody-waits');
  if (next.studyId !== expected.studyId) throw new Undone('another-study');
  await client.query('insert into leases (study_id, participant_id, instance_id) values ($1, $2, $3)', [
    next.studyId,
    next.id,
    instance,
  ]);
  const step = { id: next.id, from: 'waiting', to: 'working', actor: 'line', reason: `instance ${instance}` } as const;
  await moveParticipant(client, step);
  return { waitedSeconds: Math.max(0, next.waitedSeconds) };
}

async function claim(
  client: Queryable,
  hints: ReadyHints,
  profile: string,
  studyId: string,
): Promise<string | undefined> {
  for (let tried = 0; tried < HINTS_TRIED; tried += 1) {
    const hint = await hints.pop();
    if (hint === undefined) break;
    const claimed = await take(client, profile, studyId, hint);
    if (claimed !== undefined) return claimed;
  }
  return take(client, profile, studyId, null);
}

/** Prepared, as all who come at once wait for it. */
const taking = (name: string, which: string) => ({
  name: `take-${name}`,
  text: `with taken as (
       update instances set state = 'leased', study_id = $2, leased_at = now()
       where id = (select id from instances where state = 'ready' and profile = $1 ${which} limit 1 for update skip locked)
       returning id, study_id),
     audited as (
       insert into audit (study_id, subject, subject_id, from_state, to_state, actor)
       select study_id, 'instance', id, 'ready', 'leased', 'line' from taken)
     select id from taken`,
});
const takeAny = taking('any', 'order by ready_at');
const takeThis = taking('this', 'and id = $3');

/** The one statement that decides who has an instance: it asks for the state, whatever a hint said. */
export async function take(
  client: Queryable,
  profile: string,
  studyId: string,
  id: string | null,
): Promise<string | undefined> {
  const statement = id === null ? takeAny : takeThis;
  const values = id === null ? [profile, studyId] : [profile, studyId, id];
  const { rows } = await client.query<{ id: string }>({ ...statement, values });
  return rows[0]?.id;
}
