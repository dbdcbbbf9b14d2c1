/** Whoever closed the waiting page and did not come back gives the place up. */
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { leave } from './leave.js';
import { isKept, joinSeen, KEPT_SECONDS } from './presence.js';

/** Returns how many places were given up. Whoever has worked already keeps the place in any case: it is that of their work. */
export async function lapse(database: Database): Promise<number> {
  for (let lapsed = 0; ; lapsed += 1) if (!(await transaction(database, lapseNext))) return lapsed;
}

async function lapseNext(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ id: string }>(
    `select p.id from participants p ${joinSeen}
     where p.state = 'waiting' and p.working_at is null and not ${isKept}
     order by p.queued_at, p.id limit 1 for update of p skip locked`,
  );
  const absent = rows[0];
  if (absent === undefined) return false;
  const reason = `not seen in the line for ${KEPT_SECONDS / 60} minutes`;
  return leave(client, { participant: absent.id, to: 'abandoned', reason, actor: 'line' });
}
