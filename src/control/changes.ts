import type { Queryable } from '../platform/postgres/database.js';

export interface Change {
  readonly at: Date;
  readonly from: string | null;
  readonly to: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** What became of a participant or an instance and by whom, from the first change on. @param most null: all of them */
export async function readChanges(
  database: Queryable,
  subject: 'participant' | 'instance',
  id: string,
  most: number | null,
): Promise<Change[]> {
  const { rows } = await database.query<Change>(
    `select at, from_state as "from", to_state as "to", actor, reason from audit
     where subject = $1 and subject_id = $2 order by id limit $3`,
    [subject, id, most],
  );
  return rows;
}
