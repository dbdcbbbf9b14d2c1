import { type Command, InvalidArgumentError } from 'commander';
import { type Role, roles } from '../control/access/role.js';
import { addToken, DAYS, listTokens, MOST_DAYS, revokeToken, type Token } from '../control/access/tokens.js';
import { addUser, changePassword, changeRights, disableUser, listUsers, type User } from '../control/access/users.js';
import type { Database } from '../platform/postgres/database.js';
import { readPassword } from './password-input.js';
import { withDatabase } from './with-database.js';

/** As the audit names whoever has the machine. */
const ACTOR = 'observatory users';

interface RightsOptions {
  readonly role?: Role;
  readonly grant: readonly string[];
  readonly revoke: readonly string[];
}

/** `users add | list | rights | password | disable | token`: who may enter the control pages. */
export function addUsers(program: Command): void {
  const users = program.command('users').description('who may enter the control pages, and what of them');
  users
    .command('add <name>')
    .description('make an account; the password is asked for, or read from what is piped in')
    .requiredOption('--role <role>', roles.join(', '), role)
    .option('--study <id...>', 'what viewers and researchers see; admins see all studies', [])
    .action(async (name: string, options: { role: Role; study: string[] }) => {
      const password = await readPassword();
      await withDatabase((database) =>
        addUser(database, { name, password, role: options.role, studies: options.study }, ACTOR),
      );
      console.log(`User ${name} can sign in.`);
    });
  users
    .command('list')
    .description('all accounts with their roles and studies')
    .action(() => withDatabase(async (database) => printList(await listUsers(database))));
  users
    .command('rights <name>')
    .description('change the role or the studies of an account; without an option they stay as they are')
    .option('--role <role>', roles.join(', '), role)
    .option('--grant <study...>', 'studies to add', [])
    .option('--revoke <study...>', 'studies to take away', [])
    .action((name: string, options: RightsOptions) =>
      withDatabase(async (database) => {
        await changeRights(database, name, options, ACTOR);
        await printOne(database, name);
      }),
    );
  users
    .command('password <name>')
    .description('set another password, which is asked for or read from what is piped in; ends the sessions')
    .action(async (name: string) => {
      const password = await readPassword();
      await withDatabase((database) => changePassword(database, name, password, ACTOR));
      console.log(`User ${name} has a new password and is signed out everywhere.`);
    });
  users
    .command('disable <name>')
    .description('end the sessions and let nobody sign in by this name')
    .option('--off', 'let them sign in again')
    .action(async (name: string, { off }: { off?: boolean }) => {
      await withDatabase((database) => disableUser(database, name, off !== true, ACTOR));
      console.log(off === true ? `User ${name} can sign in again.` : `User ${name} cannot sign in any more.`);
    });
  addUserTokens(users);
}

interface TokenOptions {
  readonly name: string;
  readonly days: number;
  readonly readOnly?: boolean;
}

/** `users token add | list | revoke`: for programs that ask the HTTP API. */
function addUserTokens(users: Command): void {
  const tokens = users.command('token').description('tokens of the HTTP API: each may what its user may');
  tokens
    .command('add <user>')
    .description('make a token and print it; it cannot be shown again')
    .requiredOption('--name <name>', 'what it is for; the audit names it')
    .option('--days <days>', `until it is not taken any more, at most ${MOST_DAYS}`, Number, DAYS)
    .option('--read-only', 'let it look and change nothing')
    .action(async (user: string, { name, days, readOnly }: TokenOptions) => {
      await withDatabase(async (database) => {
        console.log(await addToken(database, { user, name, days, readOnly: readOnly === true }, ACTOR));
      });
    });
  tokens
    .command('list [user]')
    .description('all tokens, or those of one user')
    .action((user?: string) =>
      withDatabase(async (database) => {
        printTokens(await listTokens(database, user ?? null));
      }),
    );
  tokens
    .command('revoke <user> <name>')
    .description('take a token no longer')
    .action(async (user: string, name: string) => {
      await withDatabase((database) => revokeToken(database, user, name, ACTOR));
      console.log(`Token ${name} of user ${user} is not taken any more.`);
    });
}

function printTokens(tokens: readonly Token[]): void {
  const day = (at: Date): string => at.toISOString().slice(0, 10);
  if (tokens.length === 0) console.log('There is no token.');
  for (const { user, name, readOnly, expiresAt, isExpired, usedAt } of tokens) {
    const used = usedAt === null ? 'never used' : `last used ${day(usedAt)}`;
    console.log(
      `${user}  ${name}  ${isExpired ? 'expired' : `until ${day(expiresAt)}`}  ${used}${readOnly ? '  read-only' : ''}`,
    );
  }
}

function role(text: string): Role {
  const found = roles.find((each) => each === text);
  if (found === undefined) throw new InvalidArgumentError(`expected ${roles.join(', ')}`);
  return found;
}

async function printOne(database: Database, name: string): Promise<void> {
  printList((await listUsers(database)).filter((user) => user.name === name));
}

function printList(users: readonly User[]): void {
  if (users.length === 0)
    console.log('There is no account yet: `observatory users add <name> --role admin` makes one.');
  for (const { name, role, disabled, studies } of users) {
    const sees = role === 'admin' ? 'all studies' : studies.length === 0 ? 'no study' : studies.join(', ');
    console.log(`${name}  ${role}  ${sees}${disabled ? '  disabled' : ''}`);
  }
}
