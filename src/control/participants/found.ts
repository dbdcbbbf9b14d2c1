import type { Context } from 'koa';
import type { Queryable } from '../../platform/postgres/database.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import { mayAct } from '../access/role.js';
import type { Visit } from '../access/route.js';
import { type Person, readPerson } from './person.js';

/** The participant of the path; one of another study is answered as one who is not there. */
export async function foundPerson(ctx: Context, database: Queryable, { study, visitor }: Visit): Promise<Person> {
  const id = pathParameter(ctx, 'participant');
  const isId = /^[a-z0-9]{12}$/.test(id);
  const person = isId ? await readPerson(database, study, id, mayAct(visitor.role, 'researcher')) : undefined;
  if (person !== undefined) return person;
  throw new Refusal(
    404,
    'unknown-participant',
    'This study has no such participant. Of somebody who was erased nothing is left to be shown.',
  );
}
