/** Who waits is served only while they are there, and keeps the place for a while without. In SQL, of `participants p` joined with `seen`. */
import type { Queryable } from '../platform/postgres/database.js';

/** Pages are heard of at least every five seconds. */
const PRESENT_SECONDS = 15;
export const KEPT_SECONDS = 180;

export const joinSeen = 'left join seen on seen.participant_id = p.id';
/** Whoever joins is there, without a word of their page. */
const lastSeen = 'greatest(seen.at, p.queued_at)';
export const isPresent = `${lastSeen} > now() - interval '${PRESENT_SECONDS} seconds'`;
export const isKept = `${lastSeen} > now() - interval '${KEPT_SECONDS} seconds'`;

/** The pages of these participants are open. Ids that are nobody's are passed over. */
export async function markSeen(database: Queryable, ids: readonly string[]): Promise<void> {
  // In one order, so that two web processes with the same participants never wait for each other in a circle.
  await database.query(
    `insert into seen (participant_id) select id from participants where id = any($1) and state = 'waiting' order by id
     on conflict (participant_id) do update set at = now()`,
    [ids],
  );
}
