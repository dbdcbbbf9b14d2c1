/** What was done in the control area and by the system, newest first; each page costs the same. */
import type { Queryable } from '../platform/postgres/database.js';
import type { Action } from './access/audit.js';
import type { Change } from './changes.js';

export interface Noted extends Change {
  readonly number: string;
  readonly study: string | null;
  readonly subject: Action['subject'] | 'leadership';
  readonly id: string;
}

export const AUDIT_PAGE = 100;

/** @param study null: all that there is; @param before null: from the newest on */
export async function listAudit(
  database: Queryable,
  study: string | null,
  before: number | null,
): Promise<{ readonly entries: readonly Noted[]; readonly next: string | null }> {
  const { rows } = await database.query<Noted>(
    `select id as number, study_id as study, subject, subject_id as id, at, from_state as "from", to_state as "to", actor, reason
     from audit where id < $1 ${study === null ? '' : 'and study_id = $2'} order by id desc limit ${AUDIT_PAGE + 1}`,
    [before ?? Number.MAX_SAFE_INTEGER, ...(study === null ? [] : [study])],
  );
  const entries = rows.slice(0, AUDIT_PAGE);
  return { entries, next: rows.length > AUDIT_PAGE ? entries.at(-1)!.number : null };
}
