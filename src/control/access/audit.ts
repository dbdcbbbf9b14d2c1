import type { Queryable } from '../../platform/postgres/database.js';

/** What somebody did, as the table `audit` keeps it. */
export interface Action {
  readonly subject: 'study' | 'participant' | 'instance' | 'user';
  readonly id: string;
  readonly study?: string;
  readonly from?: string;
  /** What became of the subject, such as `paused` or `signed-in`. */
  readonly to: string;
  /** The user's name. */
  readonly actor: string;
  readonly reason?: string;
}

/** To be called in the transaction that does it. */
export async function audit(client: Queryable, { subject, id, study, from, to, actor, reason }: Action): Promise<void> {
  await client.query(
    `insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason) values ($1, $2, $3, $4, $5, $6, $7)`,
    [study ?? null, subject, id, from ?? null, to, actor, reason ?? null],
  );
}
