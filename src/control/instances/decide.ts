/** Giving up an instance, as whoever may do it decides. */
import type { Redis } from 'ioredis';
import { instanceIdPattern } from '../../platform/identity.js';
import type { Logger } from '../../platform/log.js';
import type { Database } from '../../platform/postgres/database.js';
import { pushOld } from '../../platform/redis.js';
import { Refusal } from '../../platform/web/refusal.js';
import { mayAct, studiesSeen, type Visitor } from '../access/role.js';
import { giveUp, type Way, ways } from './give-up.js';
import { type Instance, readInstance } from './list.js';

interface Parts {
  readonly database: Database;
  readonly redis: Redis;
  readonly log: Logger;
}

/** What is no id, names nothing, or is of a study that the visitor does not see, is answered the same. */
export async function foundInstance(database: Database, visitor: Visitor, id: string): Promise<Instance> {
  const instance = instanceIdPattern.test(id) ? await readInstance(database, studiesSeen(visitor), id) : undefined;
  if (instance !== undefined) return instance;
  throw new Refusal(404, 'unknown-instance', 'There is no instance of this id.');
}

export async function foundToGiveUp(database: Database, visitor: Visitor, id: string): Promise<Instance> {
  const instance = await foundInstance(database, visitor, id);
  if (mayGiveUp(visitor, instance)) return instance;
  throw new Refusal(
    403,
    'role-needed',
    'No participant has had this instance: it is of the pool that all studies share, and only a user with the role admin may retire it.',
  );
}

/** What nobody has had yet is of all studies. */
export const mayGiveUp = (visitor: Visitor, { study }: Instance): boolean =>
  mayAct(visitor.role, study === null ? 'admin' : 'researcher');

export const notNow = ({ state }: Instance): Refusal =>
  new Refusal(
    409,
    'changed-meanwhile',
    `The instance is ${state} now, so this cannot be done. Nothing was changed by you.`,
  );

interface Decided {
  readonly id: string;
  /** The state in which whoever decided it has seen it. */
  readonly from: string | null;
  readonly way: Way;
  readonly visitor: Visitor;
}

export async function decideInstance(
  { database, redis, log }: Parts,
  { id, from, way, visitor }: Decided,
): Promise<void> {
  const instance = await foundToGiveUp(database, visitor, id);
  const { state } = instance;
  if (from !== state || !ways[state].includes(way)) throw notNow(instance);
  const done = await giveUp(database, { id, from: state, way, actor: visitor.name });
  if (!done) throw notNow(await foundInstance(database, visitor, id));
  // What is lost on the way the manager sees in Postgres.
  pushOld(redis, [id]).catch((error: unknown) => log.debug({ err: error }, 'the manager was not told'));
}
