import { type Command, InvalidArgumentError } from 'commander';
import {
  type Invitation,
  issueInvitations,
  listInvitations,
  revokeInvitations,
  type Token,
} from '../participants/invitations.js';
import { findStudy, type StoredStudy } from '../participants/study-store.js';
import type { Database } from '../platform/postgres/database.js';
import { readSome } from '../platform/settings.js';
import { withDatabase } from './with-database.js';

const MOST_AT_ONCE = 100_000;
const DAY_MS = 86_400_000;

interface Issuing {
  readonly study: string;
  readonly count: number;
  readonly expires?: number;
  readonly pairs?: boolean;
  readonly csv?: boolean;
}

/** `tokens issue | list | revoke`: single-use invitations. */
export function addTokens(program: Command): void {
  const tokens = program.command('tokens').description('single-use links to a study that takes invitations');
  tokens
    .command('issue')
    .description('make new ones; they are shown now and never again')
    .requiredOption('--study <id>', 'the study')
    .requiredOption('--count <n>', 'how many', amount)
    .option(
      '--expires <days>',
      'until when they can be used, such as 30d or 12h; without it they do not expire',
      duration,
    )
    .option('--pairs', 'the original’s two tokens of 12 characters each, instead of one of 128 bits')
    .option('--csv', 'a table with number, tokens, link and expiry')
    .action((options: Issuing) => withStudy(options.study, (database, study) => issue(database, study, options)));
  tokens
    .command('list')
    .description('what became of those that were issued')
    .requiredOption('--study <id>', 'the study')
    .option('--csv', 'a table')
    .action(({ study: id, csv }: { study: string; csv?: boolean }) =>
      withStudy(id, async (database, study) => {
        printList(await listInvitations(database, study.id), csv === true);
      }),
    );
  tokens
    .command('revoke')
    .description('take back those that nobody has used')
    .argument('[numbers...]', 'as `list` and the table of `issue` have them', (text, before: number[] = []) => [
      ...before,
      wholeNumber(text),
    ])
    .requiredOption('--study <id>', 'the study')
    .option('--unused', 'all of them')
    .action((numbers: number[] | undefined, { study: id, unused }: { study: string; unused?: boolean }) =>
      withStudy(id, (database, study) => revoke(database, study, numbers ?? [], unused === true)),
    );
}

async function issue(database: Database, study: StoredStudy, { count, expires, pairs, csv }: Issuing): Promise<void> {
  if (!study.page.entry.by.includes('invitation')) {
    console.error(
      `Note: study ${study.id} takes no invitations yet. Its study.yaml needs \`entry: { by: [invitation] }\`.`,
    );
  }
  const site = readSome(process.env, ['OBSERVATORY_PUBLIC_URL']).OBSERVATORY_PUBLIC_URL;
  const until = expires === undefined ? null : new Date(Date.now() + expires);
  const issued = await issueInvitations(database, {
    studyId: study.id,
    count,
    expires: until,
    pairs: pairs === true,
  });
  const link = (token: Token): string => {
    const address = new URL('/', site);
    address.search = new URLSearchParams({ study: study.id, ...token }).toString();
    return address.href;
  };
  if (csv !== true) {
    for (const { token } of issued) console.log(link(token));
    return;
  }
  console.log(pairs === true ? 'number,token,token2,link,expires' : 'number,invitation,link,expires');
  for (const { number, token } of issued) {
    console.log([number, ...Object.values(token as Record<string, string>), link(token), iso(until)].join(','));
  }
}

function printList(invitations: readonly Invitation[], csv: boolean): void {
  const rows = invitations.map(({ number, state, issued, expires, participant }) => [
    String(number),
    state,
    iso(issued),
    iso(expires),
    participant ?? '',
  ]);
  const head = ['number', 'state', 'issued', 'expires', 'participant'];
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  for (const row of [head, ...rows]) {
    console.log(
      csv
        ? row.join(',')
        : row
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join('  ')
            .trimEnd(),
    );
  }
}

async function revoke(database: Database, study: StoredStudy, numbers: number[], unused: boolean): Promise<void> {
  if (numbers.length > 0 === unused) throw new TokensError('Say which: their numbers, or --unused for all.');
  const { revoked, used, unknown } = await revokeInvitations(database, study.id, unused ? 'unused' : numbers);
  console.log(`Revoked: ${revoked.length}.`);
  if (used.length > 0) console.log(`Used already, so not revoked: ${used.join(', ')}.`);
  if (unknown.length > 0) throw new TokensError(`Not issued for study ${study.id}: ${unknown.join(', ')}.`);
}

/** What the command line says wrong; its message is for people. */
export class TokensError extends Error {}

const iso = (date: Date | null): string => date?.toISOString() ?? '';

function withStudy(id: string, work: (database: Database, study: StoredStudy) => Promise<void>): Promise<void> {
  return withDatabase(async (database) => {
    const study = await findStudy(database, id);
    if (study === undefined)
      throw new TokensError(`There is no study ${id}: publish it with \`observatory study add\`.`);
    await work(database, study);
  });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}

function amount(text: string): number {
  const number = wholeNumber(text);
  if (number > MOST_AT_ONCE) throw new InvalidArgumentError(`expected at most ${MOST_AT_ONCE}`);
  return number;
}

/** In milliseconds. */
function duration(text: string): number {
  const [, count, unit] = /^(\d{1,4})([dh])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0) throw new InvalidArgumentError('expected such as 30d or 12h');
  return Number(count) * (unit === 'd' ? DAY_MS : DAY_MS / 24);
}
