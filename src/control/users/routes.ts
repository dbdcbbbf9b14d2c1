/** Accounts, as `observatory users` manages them: each change is asked for on a page of its own, and noted with the name of whoever did it. */
import type { Context } from 'koa';
import type { Database } from '../../platform/postgres/database.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from '../access/page.js';
import { type Role, roles } from '../access/role.js';
import { action, type ControlRoute, page, type Visit } from '../access/route.js';
import {
  changeRights,
  disableUser,
  inviteUser,
  listUsers,
  resetPassword,
  type User,
  UsersError,
} from '../access/users.js';

const LIST = '/control/users';
/** Not below the list: there each name is somebody's. */
const ADD = '/control/add-user';
const ONE = `${LIST}/:user` as const;

export function userRoutes(database: Database): ControlRoute[] {
  return [
    page(LIST, 'admin', (ctx, visit) => showList(ctx, database, visit)),
    page(ADD, 'admin', (ctx, visit) => askToAdd(ctx, database, visit)),
    action(ADD, 'admin', (ctx, visit) => add(ctx, database, visit)),
    page(ONE, 'admin', (ctx, visit) => showOne(ctx, database, visit)),
    page(`${ONE}/rights`, 'admin', (ctx, visit) => askForRights(ctx, database, visit)),
    action(`${ONE}/rights`, 'admin', (ctx, visit) => setRights(ctx, database, visit)),
    page(`${ONE}/password`, 'admin', (ctx, visit) => askToReset(ctx, database, visit)),
    action(`${ONE}/password`, 'admin', (ctx, visit) => reset(ctx, database, visit)),
    ...(['disable', 'enable'] as const).flatMap((way) => [
      page(`${ONE}/${way}`, 'admin', (ctx, visit) => askToDisable(ctx, database, visit, way)),
      action(`${ONE}/${way}`, 'admin', (ctx, visit) => disable(ctx, database, visit, way)),
    ]),
  ];
}

async function showList(ctx: Context, database: Database, visit: Visit): Promise<void> {
  showPage(ctx, visit, 'control/users.html', { users: await listUsers(database), now: new Date() });
}

async function askToAdd(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const wanted = { name: '', role: 'viewer', studies: [] };
  showPage(ctx, visit, 'control/user-add.html', { roles, studies: await studyIds(database), wanted, problem: '' });
}

async function add(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const name = (visit.form.get('name') ?? '').trim().toLowerCase();
  const wanted = { name, role: roleOf(visit), studies: visit.form.getAll('study') };
  try {
    const password = await inviteUser(database, wanted, visit.visitor.name);
    showPage(ctx, visit, 'control/user-password-made.html', { name, password, isNew: true });
  } catch (error) {
    if (!(error instanceof UsersError)) throw error;
    ctx.status = 400;
    const problem = error.message;
    showPage(ctx, visit, 'control/user-add.html', { roles, studies: await studyIds(database), wanted, problem });
  }
}

async function showOne(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const user = await found(ctx, database);
  showPage(ctx, visit, 'control/user.html', { user, now: new Date(), isSelf: isSelf(user, visit) });
}

async function askForRights(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const user = await found(ctx, database);
  showPage(ctx, visit, 'control/user-rights.html', {
    ...{ user, roles, studies: await studyIds(database), isSelf: isSelf(user, visit) },
  });
}

async function setRights(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const user = await found(ctx, database);
  const wanted = visit.form.getAll('study');
  const rights = {
    role: roleOf(visit),
    grant: wanted.filter((study) => !user.studies.includes(study)),
    revoke: user.studies.filter((study) => !wanted.includes(study)),
  };
  await orRefusal(changeRights(database, user.name, rights, visit.visitor.name, { keepsAdmin: true }));
  seeOther(ctx, user);
}

async function askToReset(ctx: Context, database: Database, visit: Visit): Promise<void> {
  showPage(ctx, visit, 'control/user-password.html', { user: await foundToReset(ctx, database, visit) });
}

async function reset(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const { name } = await foundToReset(ctx, database, visit);
  const password = await resetPassword(database, name, visit.visitor.name);
  showPage(ctx, visit, 'control/user-password-made.html', { name, password, isNew: false });
}

async function foundToReset(ctx: Context, database: Database, visit: Visit): Promise<User> {
  const user = await found(ctx, database);
  if (isSelf(user, visit))
    throw new Refusal(409, 'own-password', 'This is your own account: change your password by your name above.');
  if (!user.signsInElsewhere) return user;
  throw new Refusal(409, 'no-password', 'This account signs in elsewhere, so there is no password to be reset here.');
}

type Way = 'disable' | 'enable';

async function askToDisable(ctx: Context, database: Database, visit: Visit, way: Way): Promise<void> {
  const user = await foundAs(ctx, database, way);
  showPage(ctx, visit, 'control/user-disable.html', { user, way, isSelf: isSelf(user, visit) });
}

async function disable(ctx: Context, database: Database, visit: Visit, way: Way): Promise<void> {
  const user = await foundAs(ctx, database, way);
  const { name } = visit.visitor;
  await orRefusal(disableUser(database, user.name, way === 'disable', name, { keepsAdmin: true }));
  seeOther(ctx, user);
}

async function foundAs(ctx: Context, database: Database, way: Way): Promise<User> {
  const user = await found(ctx, database);
  if (user.disabled === (way === 'enable')) return user;
  throw new Refusal(409, 'changed-meanwhile', `The account is ${way}d already. Nothing was changed by you.`);
}

async function found(ctx: Context, database: Database): Promise<User> {
  const name = pathParameter(ctx, 'user');
  // Postgres takes no NUL.
  const [user] = name.includes('\0') ? [] : await listUsers(database, name);
  if (user !== undefined) return user;
  throw new Refusal(404, 'unknown-user', 'There is no account of this name.');
}

const isSelf = ({ name }: User, { visitor }: Visit): boolean => name === visitor.name;

function roleOf({ form }: Visit): Role {
  const role = roles.find((known) => known === form.get('role'));
  if (role !== undefined) return role;
  throw new Refusal(400, 'no-such-role', `A role is ${roles.join(', ')}. Nothing was changed.`);
}

async function studyIds(database: Database): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>('select id from studies order by id');
  return rows.map(({ id }) => id);
}

/** What cannot be done is for people to read. */
async function orRefusal(doing: Promise<void>): Promise<void> {
  try {
    await doing;
  } catch (error) {
    if (!(error instanceof UsersError)) throw error;
    throw new Refusal(409, 'not-done', `${error.message} Nothing was changed.`);
  }
}

function seeOther(ctx: Context, { name }: User): void {
  ctx.status = 303;
  ctx.redirect(`${LIST}/${encodeURIComponent(name)}`);
}
