/** Tokens of the HTTP API: each is a user's, and may what its user may. */
import { createHash, randomBytes } from 'node:crypto';
import { type Database, type Queryable, transaction } from '../../platform/postgres/database.js';
import { audit } from './audit.js';
import { type Role, type Visitor, visitorOf } from './role.js';
import { lockUser, UsersError } from './users.js';

/** Days until a new token is not taken any more. */
export const DAYS = 90;
export const MOST_DAYS = 366;

export interface Token {
  readonly user: string;
  readonly name: string;
  /** May look, and change nothing. */
  readonly readOnly: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly isExpired: boolean;
  /** To the minute; null when it never was. */
  readonly usedAt: Date | null;
}

export interface NewToken {
  readonly user: string;
  readonly name: string;
  readonly days: number;
  readonly readOnly: boolean;
}

/** What it begins with tells those who look for secrets in public places what it is. */
const BEGINNING = 'observatory_';
const PATTERN = /^observatory_[\w-]{43}$/;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The token, which can be read here and never again. */
export async function addToken(database: Database, token: NewToken, actor: string): Promise<string> {
  const { user, name, days, readOnly } = token;
  if (!/^[a-z0-9][a-z0-9._-]{0,39}$/.test(name))
    throw new UsersError(
      `A token’s name is of up to 40 small letters, digits and . _ -: ${JSON.stringify(name)} is none.`,
    );
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
    throw new UsersError(`A token lasts for 1 to ${MOST_DAYS} days.`);
  const text = BEGINNING + randomBytes(32).toString('base64url');
  await transaction(database, async (client) => {
    await lockUser(client, user);
    const { rowCount } = await client.query(
      `insert into accounts.tokens (hash, user_name, name, read_only, expires_at)
       values ($1, $2, $3, $4, now() + $5 * interval '1 day') on conflict (user_name, name) do nothing`,
      [hashOf(text), user, name, readOnly, days],
    );
    if (rowCount === 0) throw new UsersError(`User ${user} has a token ${name} already.`);
    const reason = `token ${name}, for ${days} days${readOnly ? ', read-only' : ''}`;
    await audit(client, { subject: 'user', id: user, to: 'token-added', actor, reason });
  });
  return text;
}

/** @param user null: everybody's */
export async function listTokens(database: Queryable, user: string | null): Promise<Token[]> {
  const { rows } = await database.query<Token>(
    `select user_name as user, name, read_only as "readOnly", created_at as "createdAt", expires_at as "expiresAt",
       expires_at <= now() as "isExpired", used_at as "usedAt"
     from accounts.tokens where $1::text is null or user_name = $1 order by user_name, name`,
    [user],
  );
  return rows;
}

/** It is not taken from now on. */
export async function revokeToken(database: Database, user: string, name: string, actor: string): Promise<void> {
  await transaction(database, async (client) => {
    const { rowCount } = await client.query('delete from accounts.tokens where user_name = $1 and name = $2', [
      user,
      name,
    ]);
    if (rowCount === 0) throw new UsersError(`User ${user} has no token ${name}.`);
    await audit(client, { subject: 'user', id: user, to: 'token-revoked', actor, reason: `token ${name}` });
  });
}

/** Who asks with a token. */
export interface Caller {
  readonly user: string;
  readonly token: Pick<Token, 'name' | 'readOnly' | 'expiresAt'>;
  /** As the pages know whoever is signed in; the name, which the audit gets, has the token's. */
  readonly visitor: Visitor;
}

interface Row extends Pick<Token, 'user' | 'name' | 'readOnly' | 'expiresAt'> {
  readonly works: boolean;
  readonly role: Role;
  readonly studies: readonly string[];
}

/** Whose token it is; of one that does not work (any more), whose it was, where that is known. */
export async function callerOf(
  database: Queryable,
  text: string,
): Promise<Caller | { readonly refused: Pick<Token, 'user' | 'name'> | null }> {
  if (!PATTERN.test(text)) return { refused: null };
  // Once a minute is often enough to know that it is in use.
  const { rows } = await database.query<Row>(
    `with given as (
       select t.*, u.role, t.expires_at > now() and not u.disabled as works
       from accounts.tokens t join accounts.users u on u.name = t.user_name where t.hash = $1),
     used as (
       update accounts.tokens t set used_at = now() from given
       where t.hash = given.hash and given.works and (t.used_at is null or t.used_at < now() - interval '1 minute'))
     select user_name as user, name, read_only as "readOnly", expires_at as "expiresAt", works, role,
       array(select study_id from accounts.rights r where r.user_name = given.user_name) as studies
     from given`,
    [hashOf(text)],
  );
  const row = rows[0];
  if (row === undefined) return { refused: null };
  const { user, name, readOnly, expiresAt, works, role, studies } = row;
  if (!works) return { refused: { user, name } };
  return {
    user,
    token: { name, readOnly, expiresAt },
    visitor: visitorOf({ name: `${user} (token ${name})`, role, studies }),
  };
}
