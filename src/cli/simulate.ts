import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { packageRoot } from '../platform/root.js';
import { ARRIVALS } from '../simulate/arrivals.js';
import { defaultMix, type Mix, readMix } from '../simulate/mix.js';
import { reportPage } from '../simulate/report-page.js';
import { type Report, reportOn } from '../simulate/report.js';
import { playAll } from '../simulate/run.js';
import {
  browserPlayers,
  fromClone,
  type Outcome,
  progress,
  runOptions,
  SimulateError,
  type SimulateOptions,
} from './simulate-options.js';

const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
    return value;
  };

function above0(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

/** `simulate`: what is told on the way goes to stderr, the result to stdout. */
export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('bots that take part in a study as people do: by its pages, through the proxy')
    .requiredOption('--study <id>', 'the study; without --url, a folder or the name of an example')
    .option(
      '--url <address>',
      'a running Observatory’s public address; without one, a whole one is started on this machine',
    )
    .option('--participants <n>', 'how many', whole(1), 20)
    .addOption(new Option('--arrivals <kind>', 'how they come').choices(ARRIVALS).default('poisson'))
    .option('--rate <n>', 'arrivals a minute, except in a burst', above0, 30)
    .option('--behaviour <mix.yaml>', 'who they are: behaviours by weight')
    .option('--browser <n>', 'so many of them in a real Chromium', whole(0), 0)
    .option('--seed <n>', 'the same seed gives the same arrivals and behaviours', whole(0), 1)
    .option('--imbalance <n>', 'conditions may differ by so many participants', whole(0), 1)
    .option('--instances <n>', 'at most so many at once, on the Observatory that is started here', whole(1), 16)
    .option(
      '--faults',
      'kill an instance and the manager, wipe Redis and restart the web app meanwhile; only without --url',
    )
    .option('--json', 'the figures as JSON, as the last line')
    .option('--report <file.html>', 'a page with plots')
    .action(async (options: SimulateOptions) => {
      process.exitCode = await simulate(options);
    });
}

async function simulate(options: SimulateOptions): Promise<number> {
  if (options.url !== undefined && options.faults === true)
    throw new SimulateError(
      '--faults breaks things on purpose: only on the Observatory that `simulate` starts, without --url.',
    );
  const mix = options.behaviour === undefined ? defaultMix : await mixIn(options.behaviour);
  const outcome = options.url === undefined ? await here(options, mix) : await there(options, options.url, mix);
  const report = reportOn({ ...outcome, bound: options.imbalance });
  if (options.report !== undefined) {
    await writeFile(options.report, reportPage(report, outcome.run));
    progress(`${options.report} is written.`);
  }
  if (options.json === true) console.log(JSON.stringify(report));
  else console.log(inWords(report));
  return report.ok ? 0 : 1;
}

async function mixIn(file: string): Promise<Mix> {
  if (!existsSync(file)) throw new SimulateError(`${file} is not there.`);
  return readMix(await readFile(file, 'utf8'), file);
}

/** On an Observatory that runs: what it stores is not looked at, only what its pages show. */
async function there(options: SimulateOptions, url: string, mix: Mix): Promise<Outcome> {
  const publicUrl = url.replace(/\/+$/, '');
  const inBrowser = await browserPlayers(options, publicUrl);
  const run = await playAll({ ...runOptions(options, publicUrl, mix), ...inBrowser });
  return { run, books: undefined, replayed: undefined, faults: [], missing: [] };
}

async function here(options: SimulateOptions, mix: Mix): Promise<Outcome> {
  const { simulateHere } = await fromClone(() => import('./simulate-here.js'));
  const runs = path.join(packageRoot, '.run');
  mkdirSync(runs, { recursive: true });
  const runDir = mkdtempSync(path.join(runs, 'simulate-'));
  progress(`logs      ${path.join(runDir, 'logs')}`);
  return simulateHere({ options, mix, runDir });
}

function inWords(report: Report): string {
  const { events, finished, left, failed } = report;
  const steps = Object.entries(report.steps).map(
    ([name, { count, p50, p95, p99 }]) =>
      `  ${name.padEnd(24)}${[count, p50, p95, p99].map((n) => String(n).padStart(9)).join('')}`,
  );
  const known = (value: number | null): string => (value === null ? '?' : String(value));
  return [
    `${finished} finished, ${left} left on purpose, ${failed} failed, in ${report.seconds} s`,
    `events: ${events.made} made, ${events.sent} sent, ${events.acknowledged} acknowledged, ${known(events.stored)} stored, ${known(events.lost)} lost`,
    `doubled: ${known(report.doubled)}; instances leaked: ${known(report.leaked)}; imbalance: ${known(report.imbalance)}; replayed: ${known(report.replayed?.same ?? null)}`,
    `  ${'step, milliseconds'.padEnd(24)}${['count', 'p50', 'p95', 'p99'].map((word) => word.padStart(9)).join('')}`,
    ...steps,
    ...Object.entries(report.errors).map(([cause, count]) => `met ${count} ×  ${cause}`),
    ...report.problems.map((problem) => `PROBLEM  ${problem}`),
    verdict(report),
  ].join('\n');
}

function verdict({ ok, events }: Report): string {
  if (!ok) return 'Not all is well.';
  return events.stored === null ? 'All got as far as they should; nobody looked into the database.' : 'All is well.';
}
