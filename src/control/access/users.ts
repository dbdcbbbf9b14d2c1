import { type Database, type Queryable, transaction } from '../../platform/postgres/database.js';
import { audit } from './audit.js';
import { hashPassword, newOneTimePassword, passwordProblem } from './passwords.js';
import type { Role } from './role.js';
import { endSessionsOf } from './sessions.js';

export interface User {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly studies: readonly string[];
  /** By OpenID Connect, which also says the role. */
  readonly signsInElsewhere: boolean;
  /** Until when the password that was made for them lets them in; null where they have their own. */
  readonly oneTimeUntil: Date | null;
  readonly lastSignIn: Date | null;
}

/** For how long. */
const ONE_TIME = '7 days';

/** What whoever manages users does wrong; its message is for people. */
export class UsersError extends Error {}

const isName = (text: string): boolean => text !== 'operator' && /^[a-z0-9][a-z0-9._@+-]{0,62}$/.test(text);

/** @param name undefined: all */
export async function listUsers(database: Queryable, name?: string): Promise<User[]> {
  const { rows } = await database.query<User>(
    `select name, role, disabled, subject is not null as "signsInElsewhere", one_time_until as "oneTimeUntil",
       array(select study_id from accounts.rights where user_name = name order by study_id) as studies,
       (select at from audit where subject = 'user' and subject_id = name and to_state = 'signed-in' order by id desc limit 1) as "lastSignIn"
     from accounts.users where $1::text is null or name = $1 order by name`,
    [name ?? null],
  );
  return rows;
}

export interface NewUser {
  readonly name: string;
  readonly role: Role;
  readonly studies: readonly string[];
}

export async function addUser(
  database: Database,
  { password, ...user }: NewUser & { readonly password: string },
  actor: string,
): Promise<void> {
  checkName(user.name);
  await insertUser(database, user, { hash: await acceptedPassword(password, user.name), oneTime: false }, actor);
}

/** The password that lets them in once, to choose their own: it is nowhere else. */
export async function inviteUser(database: Database, user: NewUser, actor: string): Promise<string> {
  checkName(user.name);
  const password = newOneTimePassword();
  await insertUser(database, user, { hash: await hashPassword(password), oneTime: true }, actor);
  return password;
}

function checkName(name: string): void {
  if (isName(name)) return;
  throw new UsersError(
    `A name is of small letters, digits and . _ @ + -, and not "operator": ${JSON.stringify(name)} is none.`,
  );
}

interface Password {
  readonly hash: string;
  readonly oneTime: boolean;
}

async function insertUser(database: Database, user: NewUser, password: Password, actor: string): Promise<void> {
  const { name, role, studies } = user;
  await transaction(database, async (client) => {
    const { rowCount } = await client.query(
      `insert into accounts.users (name, role, password, one_time_until)
       values ($1, $2, $3, case when $4 then now() + $5::interval end) on conflict do nothing`,
      [name, role, password.hash, password.oneTime, ONE_TIME],
    );
    if (rowCount === 0) throw new UsersError(`There is a user ${name} already.`);
    await audit(client, { subject: 'user', id: name, to: 'added', actor, reason: role });
    await grant(client, name, studies, actor);
  });
}

export interface Rights {
  readonly role?: Role | undefined;
  readonly grant: readonly string[];
  readonly revoke: readonly string[];
}

/** In force at once, in the sessions that are there too. */
export async function changeRights(
  database: Database,
  name: string,
  rights: Rights,
  actor: string,
  caution: Caution = {},
): Promise<void> {
  await transaction(database, async (client) => {
    if (caution.keepsAdmin && rights.role !== undefined && rights.role !== 'admin') await keepAdmin(client, name);
    const before = await lockUser(client, name);
    if (rights.role !== undefined && rights.role !== before.role)
      await changeRole(client, name, before.role, rights.role, actor);
    await grant(client, name, rights.grant, actor);
    for (const study of rights.revoke) {
      const { rowCount } = await client.query('delete from accounts.rights where user_name = $1 and study_id = $2', [
        name,
        study,
      ]);
      if (rowCount === 0) throw new UsersError(`User ${name} has no right to study ${study}.`);
      await audit(client, { subject: 'user', id: name, study, to: 'revoked', actor, reason: `study ${study}` });
    }
  });
}

async function grant(client: Queryable, name: string, studies: readonly string[], actor: string): Promise<void> {
  for (const study of studies) {
    const { rows } = await client.query('select from studies where id = $1', [study]);
    if (rows.length === 0) throw new UsersError(`There is no study ${study}: publish it first.`);
    const { rowCount } = await client.query(
      'insert into accounts.rights (user_name, study_id) values ($1, $2) on conflict do nothing',
      [name, study],
    );
    if (rowCount !== 0)
      await audit(client, { subject: 'user', id: name, study, to: 'granted', actor, reason: `study ${study}` });
  }
}

/** Ends the user's sessions. */
export async function changePassword(database: Database, name: string, password: string, actor: string): Promise<void> {
  const hash = await acceptedPassword(password, name);
  await setPassword(database, name, { hash, oneTime: false }, actor);
}

/** Ends the user's sessions; the password that lets them in once, to choose their own: it is nowhere else. */
export async function resetPassword(database: Database, name: string, actor: string): Promise<string> {
  const password = newOneTimePassword();
  await setPassword(database, name, { hash: await hashPassword(password), oneTime: true }, actor);
  return password;
}

async function setPassword(database: Database, name: string, { hash, oneTime }: Password, actor: string) {
  await transaction(database, async (client) => {
    await lockUser(client, name);
    await client.query(
      `update accounts.users set password = $2, one_time_until = case when $3 then now() + $4::interval end where name = $1`,
      [name, hash, oneTime, ONE_TIME],
    );
    await endSessionsOf(client, name);
    await audit(client, { subject: 'user', id: name, to: oneTime ? 'password-reset' : 'password-changed', actor });
  });
}

/** Nobody is removed: the audit goes on naming them. Ends the user's sessions. */
export async function disableUser(
  database: Database,
  name: string,
  disabled: boolean,
  actor: string,
  caution: Caution = {},
): Promise<void> {
  await transaction(database, async (client) => {
    if (caution.keepsAdmin && disabled) await keepAdmin(client, name);
    await lockUser(client, name);
    await client.query('update accounts.users set disabled = $2 where name = $1', [name, disabled]);
    await endSessionsOf(client, name);
    await audit(client, { subject: 'user', id: name, to: disabled ? 'disabled' : 'enabled', actor });
  });
}

interface Caution {
  /** Whoever has the machine may do without an admin: they can make another. */
  readonly keepsAdmin?: boolean;
}

/** Refuses to do without the last admin who can sign in; whoever never did may never do. All admins are locked, so that no two do this to each other at once. */
async function keepAdmin(client: Queryable, name: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select name from accounts.users
     where role = 'admin' and not disabled and one_time_until is null order by name for update`,
  );
  const admins = rows.map((row) => row.name);
  if (admins.includes(name) && admins.length === 1)
    throw new UsersError(`${name} is the only admin who can sign in: make another one first.`);
}

export interface KnownElsewhere {
  readonly subject: string;
  readonly name: string;
  readonly role: Role;
}

export type Recognised = { readonly name: string } | { readonly refused: 'disabled' | 'name taken' | 'no usable name' };

/** The account of whoever signed in elsewhere, new at the first time. The role is what is said there, at each sign-in. */
export async function knownElsewhere(database: Database, { subject, name, role }: KnownElsewhere): Promise<Recognised> {
  const actor = 'OpenID Connect';
  return transaction(database, async (client) => {
    const { rows } = await client.query<Pick<User, 'name' | 'role' | 'disabled'>>(
      'select name, role, disabled from accounts.users where subject = $1 for update',
      [subject],
    );
    const known = rows[0];
    if (known?.disabled === true) return { refused: 'disabled' };
    if (known !== undefined) {
      if (known.role !== role) await changeRole(client, known.name, known.role, role, actor);
      return { name: known.name };
    }
    if (!isName(name)) return { refused: 'no usable name' };
    // Who chooses a name there does not get the account that has this name here.
    const { rowCount } = await client.query(
      'insert into accounts.users (name, role, subject) values ($1, $2, $3) on conflict do nothing',
      [name, role, subject],
    );
    if (rowCount === 0) return { refused: 'name taken' };
    await audit(client, { subject: 'user', id: name, to: 'added', actor, reason: role });
    return { name };
  });
}

async function changeRole(client: Queryable, name: string, from: Role, to: Role, actor: string): Promise<void> {
  await client.query('update accounts.users set role = $2 where name = $1', [name, to]);
  await audit(client, { subject: 'user', id: name, from, to, actor, reason: 'role' });
}

async function acceptedPassword(password: string, name: string): Promise<string> {
  const problem = passwordProblem(password, name);
  if (problem !== undefined) throw new UsersError(problem);
  return hashPassword(password);
}

export async function lockUser(client: Queryable, name: string): Promise<{ readonly role: Role }> {
  const { rows } = await client.query<{ role: Role }>('select role from accounts.users where name = $1 for update', [
    name,
  ]);
  if (rows[0] === undefined) throw new UsersError(`There is no user ${name}.`);
  return rows[0];
}
