import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import type { Queryable } from '../../platform/postgres/database.js';
import { operator, type Role, type Visitor, visitorOf } from './role.js';

const cookie = 'observatory-control';
const path = '/control';

const LONGEST = '12 hours';
const LONGEST_IDLE = '2 hours';

export interface Session {
  readonly id: string;
  readonly visitor: Visitor;
  /** The password was for one sign-in: nothing else is to be done before there is an own one. */
  readonly needsOwnPassword: boolean;
}

const hashOf = (id: string): string => createHash('sha256').update(id).digest('hex');

/** What every form of a session carries. It follows from the session's id, which no page shows and no table has. */
export const formToken = (id: string): string => createHmac('sha256', id).update('form').digest('hex');

export const newSessionId = (): string => randomBytes(32).toString('hex');

/** Starts a session with a new id, whatever the browser brought; `user` null is the operator. */
export async function startSession(ctx: Context, database: Queryable, user: string | null): Promise<void> {
  await endSession(ctx, database);
  await database.query('delete from accounts.sessions where expires_at < now()');
  const id = newSessionId();
  await database.query(
    `insert into accounts.sessions (id_hash, user_name, expires_at) values ($1, $2, now() + $3::interval)`,
    [hashOf(id), user, LONGEST],
  );
  ctx.cookies.set(cookie, id, { signed: false, httpOnly: true, sameSite: 'strict', path, overwrite: true });
}

/** In the table and in the browser. */
export async function endSession(ctx: Context, database: Queryable): Promise<void> {
  const id = ctx.cookies.get(cookie, { signed: false });
  if (id === undefined) return;
  await database.query('delete from accounts.sessions where id_hash = $1', [hashOf(id)]);
  ctx.cookies.set(cookie, null, { signed: false, path, overwrite: true });
}

export async function endSessionsOf(client: Queryable, user: string): Promise<void> {
  await client.query('delete from accounts.sessions where user_name = $1', [user]);
}

interface SessionUser {
  readonly user: string | null;
  readonly role: Role | null;
  readonly studies: readonly string[];
}

interface Row extends SessionUser {
  readonly needsOwnPassword: boolean;
}

/** Of these sessions those that are not over, as they are now; that they are asked for does not say that somebody is there. */
export async function visitorsOf(database: Queryable, ids: readonly string[]): Promise<Map<string, Visitor>> {
  const { rows } = await database.query<SessionUser & { readonly hash: string }>(
    `select s.id_hash as hash, s.user_name as user, u.role, array(select study_id from accounts.rights r where r.user_name = u.name) as studies
     from accounts.sessions s left join accounts.users u on u.name = s.user_name
     where s.id_hash = any($1) and s.expires_at > now() and s.used_at > now() - $2::interval and (s.user_name is null or not u.disabled and u.one_time_until is null)`,
    [ids.map(hashOf), LONGEST_IDLE],
  );
  const byHash = new Map(rows.map((row) => [row.hash, visitorIn(row)]));
  return new Map(
    ids.flatMap((id) => {
      const visitor = byHash.get(hashOf(id));
      return visitor === undefined ? [] : [[id, visitor] as const];
    }),
  );
}

/** The session that the browser brings; undefined without one, or with one that is over. */
export async function currentSession(ctx: Context, database: Queryable): Promise<Session | undefined> {
  const id = ctx.cookies.get(cookie, { signed: false });
  if (id === undefined || !/^[0-9a-f]{64}$/.test(id)) return undefined;
  // Once a minute is often enough to know that somebody is there.
  const { rows } = await database.query<Row>(
    `with live as (
       select id_hash, user_name, used_at from accounts.sessions
       where id_hash = $1 and expires_at > now() and used_at > now() - $2::interval),
     used as (
       update accounts.sessions s set used_at = now() from live
       where s.id_hash = live.id_hash and live.used_at < now() - interval '1 minute' and $3)
     select live.user_name as user, u.role, u.one_time_until is not null as "needsOwnPassword", array(select study_id from accounts.rights r where r.user_name = u.name) as studies
     from live left join accounts.users u on u.name = live.user_name
     where live.user_name is null or not u.disabled`,
    // A page that keeps itself up to date does not say that somebody is there.
    [hashOf(id), LONGEST_IDLE, ctx.get('x-observatory-live') === '' && ctx.get('accept') !== 'text/event-stream'],
  );
  if (rows[0] === undefined) return undefined;
  return { id, visitor: visitorIn(rows[0]), needsOwnPassword: rows[0].needsOwnPassword };
}

const visitorIn = ({ user: name, role, studies }: SessionUser): Visitor =>
  name === null || role === null ? operator : visitorOf({ name, role, studies });
