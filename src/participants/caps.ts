import type { Queryable } from '../platform/postgres/database.js';
import type { StoredStudy } from './study-store.js';

/** Told before somebody reads the consent form for nothing; the decision itself is the transaction's that joins. */
export async function isFull(database: Queryable, study: StoredStudy): Promise<boolean> {
  const { maxParticipants } = study.page.caps;
  if (maxParticipants === null) return false;
  const { rows } = await database.query<{ taken: string }>(
    `select coalesce(sum(value), 0) as taken from counters
     where study_id = $1 and scope = 'study' and name in ('inFlight', 'completed')`,
    [study.id],
  );
  return Number(rows[0]!.taken) >= maxParticipants;
}
