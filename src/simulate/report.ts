/** What a run came to, in figures, and whether that is well. */
import type { Replayed } from '../participants/replay.js';
import type { Played } from './bot.js';
import type { Behaviour } from './mix.js';
import type { Run } from './run.js';
import type { StepTimes } from './tally.js';
import type { Books } from './verify.js';

export interface Fault {
  readonly atSecond: number;
  readonly what: string;
}

export interface Report {
  readonly ok: boolean;
  /** Why it is not well, a sentence each. */
  readonly problems: readonly string[];
  readonly study: string;
  readonly participants: number;
  readonly arrivals: string;
  readonly ratePerMinute: number;
  readonly seed: number;
  readonly seconds: number;
  readonly finished: number;
  readonly left: number;
  readonly failed: number;
  readonly behaviours: Readonly<Record<string, Readonly<Record<Played['outcome'], number>>>>;
  /** `null`: nobody could look into the database. */
  readonly events: {
    readonly made: number;
    readonly sent: number;
    readonly acknowledged: number;
    readonly stored: number | null;
    readonly strays: number | null;
    readonly lost: number | null;
  };
  readonly doubled: number | null;
  readonly leaked: number | null;
  readonly conditions: Readonly<Record<string, number>> | null;
  readonly imbalance: number | null;
  /** Notebooks that the recorded events made again just as they are stored, and those that they did not. */
  readonly replayed: { readonly same: number; readonly different: number } | null;
  readonly attacksRefused: number;
  /** Milliseconds. */
  readonly steps: Readonly<Record<string, StepTimes>>;
  /** How often each cause was met, those that were got over as well. */
  readonly errors: Readonly<Record<string, number>>;
  readonly faults: readonly Fault[];
}

export interface Reported {
  readonly run: Run;
  readonly books: Books | undefined;
  readonly replayed: Replayed | undefined;
  readonly faults: readonly Fault[];
  /** Those that there was no time for. */
  readonly missing: readonly string[];
  /** Participants that conditions may differ by. */
  readonly bound: number;
}

export function reportOn(reported: Reported): Report {
  const { run, books, faults } = reported;
  const { options, played, browsers, tally } = run;
  const problems = problemsOf(reported);
  const inBrowser = (outcome: string): number =>
    browsers.filter(({ error }) => (error === undefined ? 'finished' : 'failed') === outcome).length;
  const count = (outcome: Played['outcome']): number =>
    played.filter((each) => each.outcome === outcome).length + inBrowser(outcome);
  return {
    ok: problems.length === 0,
    problems,
    study: options.studyId,
    participants: options.participants,
    arrivals: options.arrivals,
    ratePerMinute: options.rate,
    seed: options.seed,
    seconds: Math.round(run.seconds * 10) / 10,
    ...{ finished: count('finished'), left: count('left'), failed: count('failed') },
    behaviours: byBehaviour(run),
    events: eventsOf(run, books),
    doubled: books?.doubled.length ?? null,
    leaked: books?.leaked.length ?? null,
    conditions: books?.conditions ?? null,
    imbalance: books?.imbalance ?? null,
    replayed: replayOf(reported),
    attacksRefused: tally.counted('attacks refused'),
    steps: tally.stepTimes(),
    errors: tally.errors(),
    faults,
  };
}

/** So many of each kind are named. */
const NAMED = 5;

function problemsOf({ run, books, replayed, missing, bound }: Reported): string[] {
  const failed = run.played.flatMap(({ behaviour, step, error }) =>
    error === undefined ? [] : [`a ${behaviour} participant failed after ${step}: ${error}`],
  );
  const inBrowser = run.browsers.flatMap(({ error }) =>
    error === undefined ? [] : [`a participant in the browser failed: ${error}`],
  );
  const unbalanced =
    books !== undefined && books.imbalance > bound
      ? [`the conditions differ by ${books.imbalance} participants, more than ${bound}`]
      : [];
  return [
    ...named(failed, 'failed'),
    ...named(inBrowser, 'failed in the browser'),
    ...named(
      (books?.lost ?? []).map((what) => `lost: ${what}`),
      'lost',
    ),
    ...named(
      (books?.doubled ?? []).map((what) => `doubled: ${what}`),
      'doubled',
    ),
    ...named(
      (books?.leaked ?? []).map((what) => `leaked: ${what}`),
      'leaked',
    ),
    ...named(
      (replayed?.differences ?? []).map(({ participant, what }) => `replay: ${participant}: ${what}`),
      'that differ in the replay',
    ),
    ...unbalanced,
    ...missing.map((what) => `all had ended before this fault: ${what}`),
  ];
}

function named(problems: readonly string[], kind: string): string[] {
  const rest = problems.length - NAMED;
  return rest > 0 ? [...problems.slice(0, NAMED), `and ${rest} more ${kind}`] : [...problems];
}

function eventsOf({ played, browsers }: Run, books: Books | undefined): Report['events'] {
  const sum = (of: (each: Played) => number): number => played.reduce((total, each) => total + of(each), 0);
  const inBrowser = browsers.reduce((total, { visit }) => total + (visit?.sent ?? 0), 0);
  return {
    made: sum(({ recorded }) => recorded.events.length) + inBrowser,
    sent: sum(({ recorded }) => recorded.sent.size) + inBrowser,
    acknowledged: sum(({ recorded }) => recorded.acknowledged.size) + inBrowser,
    stored: books?.stored ?? null,
    strays: books?.strays ?? null,
    lost: books?.lost.length ?? null,
  };
}

function replayOf({ replayed }: Reported): Report['replayed'] {
  if (replayed === undefined) return null;
  const different = new Set(replayed.differences.map(({ participant }) => participant)).size;
  return { same: replayed.compared - different, different };
}

function byBehaviour({ played }: Run): Report['behaviours'] {
  const counts: Partial<Record<Behaviour, Record<Played['outcome'], number>>> = {};
  for (const { behaviour, outcome } of played) {
    const own = (counts[behaviour] ??= { finished: 0, left: 0, failed: 0 });
    own[outcome] += 1;
  }
  return counts;
}
