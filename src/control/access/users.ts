import { type Database, type Queryable, transaction } from '../../platform/postgres/database.js';
import { audit } from './audit.js';
import { hashPassword, passwordProblem } from './passwords.js';
import type { Role } from './role.js';
import { endSessionsOf } from './sessions.js';

export interface User {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly studies: readonly string[];
}

/** What whoever manages users does wrong; its message is for people. */
export class UsersError extends Error {}

const isName = (text: string): boolean => text !== 'operator' && /^[a-z0-9][a-z0-9._@+-]{0,62}$/.test(text);

export async function listUsers(database: Queryable): Promise<User[]> {
  const { rows } = await database.query<User>(
    `select name, role, disabled, array(select study_id from accounts.rights where user_name = name order by study_id) as studies
     from accounts.users order by name`,
  );
  return rows;
}

export interface NewUser {
  readonly name: string;
  readonly role: Role;
  readonly password: string;
  readonly studies: readonly string[];
}

export async function addUser(database: Database, user: NewUser, actor: string): Promise<void> {
  const { name, role, password, studies } = user;
  if (!isName(name)) {
    throw new UsersError(
      `A name is of small letters, digits and . _ @ + -, and not "operator": ${JSON.stringify(name)} is none.`,
    );
  }
  const hash = await acceptedPassword(password, name);
  await transaction(database, async (client) => {
    const { rowCount } = await client.query(
      'insert into accounts.users (name, password, role) values ($1, $2, $3) on conflict do nothing',
      [name, hash, role],
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
export async function changeRights(database: Database, name: string, rights: Rights, actor: string): Promise<void> {
  await transaction(database, async (client) => {
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
  await transaction(database, async (client) => {
    await lockUser(client, name);
    await client.query('update accounts.users set password = $2 where name = $1', [name, hash]);
    await endSessionsOf(client, name);
    await audit(client, { subject: 'user', id: name, to: 'password-changed', actor });
  });
}

/** Nobody is removed: the audit goes on naming them. Ends the user's sessions. */
export async function disableUser(database: Database, name: string, disabled: boolean, actor: string): Promise<void> {
  await transaction(database, async (client) => {
    await lockUser(client, name);
    await client.query('update accounts.users set disabled = $2 where name = $1', [name, disabled]);
    await endSessionsOf(client, name);
    await audit(client, { subject: 'user', id: name, to: disabled ? 'disabled' : 'enabled', actor });
  });
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
