import { type Command, InvalidArgumentError } from 'commander';
import { type Role, roles } from '../control/access/role.js';
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

/** `users add | list | rights | password | disable`: who may enter the control pages. */
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
