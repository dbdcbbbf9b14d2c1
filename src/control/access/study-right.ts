import type { Queryable } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { idSchema } from '../../studies/document.js';
import { seesStudy, type Visitor } from './role.js';

/** A study that is not there is answered the same as one of others: who may not see it does not learn of it. */
export function checkStudy(visitor: Visitor, study: string): void {
  if (!seesStudy(visitor, study)) {
    throw new Refusal(
      403,
      'not-your-study',
      'You have no rights to a study of this name. Whoever runs this platform can give them to you.',
    );
  }
  // What is no id is no study, and Postgres would choke on some of it.
  if (!idSchema.safeParse(study).success) throw unknownStudy();
}

/** For what would not ask for the study itself. */
export async function checkKnownStudy(database: Queryable, study: string): Promise<void> {
  const { rowCount } = await database.query('select from studies where id = $1', [study]);
  if (rowCount === 0) throw unknownStudy();
}

/** For whoever sees all studies. */
export const unknownStudy = (): Refusal => new Refusal(404, 'unknown-study', 'There is no study of this name.');
