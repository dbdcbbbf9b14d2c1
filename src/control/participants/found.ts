import type { Context } from 'koa';
import { participantIdPattern } from '../../platform/identity.js';
import type { Queryable } from '../../platform/postgres/database.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import { mayAct, type Visitor } from '../access/role.js';
import type { Visit } from '../access/route.js';
import { type Person, readPerson } from './person.js';

/** The participant of the path. */
export const foundPerson = (ctx: Context, database: Queryable, { study, visitor }: Visit): Promise<Person> =>
  personOf(database, visitor, study, pathParameter(ctx, 'participant'));

/** One of another study is answered as one who is not there. */
export async function personOf(database: Queryable, visitor: Visitor, study: string, id: string): Promise<Person> {
  const seesIdentities = mayAct(visitor.role, 'researcher');
  const person = participantIdPattern.test(id) ? await readPerson(database, study, id, seesIdentities) : undefined;
  if (person !== undefined) return person;
  throw new Refusal(
    404,
    'unknown-participant',
    'This study has no such participant. Of somebody who was erased nothing is left to be shown.',
  );
}
