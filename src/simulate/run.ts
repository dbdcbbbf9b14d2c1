/** Plays all participants of a run, each when it is due, and tells on the way how far they are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Arrivals, arrivalTimes } from './arrivals.js';
import { Bot, type Played } from './bot.js';
import { type Behaviour, castBehaviours, type LeavingStep, type Mix } from './mix.js';
import { randomFrom } from '../platform/random.js';
import { Tally } from './tally.js';

export interface RunOptions {
  readonly publicUrl: string;
  readonly studyId: string;
  readonly participants: number;
  readonly arrivals: Arrivals;
  /** Arrivals a minute. */
  readonly rate: number;
  readonly mix: Mix;
  readonly seed: number;
  readonly progress: (line: string) => void;
  /** A participant in a real browser, if some are to be. */
  readonly inBrowser?: { readonly count: number; readonly play: () => Promise<BrowserVisit> };
}

export interface BrowserVisit {
  readonly sent: number;
  readonly instanceId: string;
  /** What each landmark took. */
  readonly seconds: Readonly<Record<string, number>>;
}

export interface BrowserPlayed {
  readonly visit: BrowserVisit | undefined;
  readonly error: string | undefined;
}

export interface Run {
  readonly options: RunOptions;
  readonly played: readonly Played[];
  readonly browsers: readonly BrowserPlayed[];
  readonly tally: Tally;
  /** When each had a notebook, in milliseconds from the start. */
  readonly notebookMoments: readonly number[];
  readonly seconds: number;
}

const PROGRESS_MS = 5_000;

export async function playAll(options: RunOptions): Promise<Run> {
  const { participants, mix, seed, inBrowser } = options;
  const random = randomFrom(seed);
  const inChromium = Math.min(inBrowser?.count ?? 0, participants);
  const cast = castBehaviours(mix, participants - inChromium, random);
  const times = arrivalTimes({ kind: options.arrivals, participants, rate: options.rate, random });
  const tally = new Tally();
  const start = performance.now();
  const now = (): number => performance.now() - start;
  const bots: Bot[] = [];
  const counts = new Progress(participants);
  const notebookMoments: number[] = [];
  const dropouts = leavers(cast, mix);
  const due = cast.map((behaviour, index) => {
    const bot: Bot = new Bot({
      ...{ publicUrl: options.publicUrl, studyId: options.studyId, behaviour, mix, tally, now },
      leaveAt: dropouts[index],
      random: randomFrom(seed + index + 1),
      others: () => bots.filter((other) => other !== bot).flatMap(({ instances }) => instances),
      onStep: (step) => {
        counts.at(step);
        if (step === 'notebook') notebookMoments.push(now());
      },
    });
    bots.push(bot);
    return bot;
  });
  const telling = setInterval(() => {
    options.progress(counts.line(now()));
  }, PROGRESS_MS);
  // Browsers come among the first: they take longest.
  const [browsers, played] = await Promise.all([
    Promise.all(times.slice(0, inChromium).map((at) => playBrowser(at, inBrowser!.play, counts))),
    Promise.all(due.map((bot, index) => playBot(bot, times[inChromium + index]!, counts))),
  ]).finally(() => {
    clearInterval(telling);
  });
  options.progress(counts.line(now()));
  return { options, played, browsers, tally, notebookMoments, seconds: now() / 1000 };
}

function leavers(cast: readonly Behaviour[], mix: Mix): (LeavingStep | undefined)[] {
  let turn = 0;
  return cast.map((behaviour) => (behaviour === 'dropout' ? mix.dropoutAt[turn++ % mix.dropoutAt.length] : undefined));
}

async function playBot(bot: Bot, at: number, counts: Progress): Promise<Played> {
  await sleep(at);
  counts.arrive();
  const played = await bot.play();
  counts.end(played.outcome);
  return played;
}

async function playBrowser(at: number, play: () => Promise<BrowserVisit>, counts: Progress): Promise<BrowserPlayed> {
  await sleep(at);
  counts.arrive();
  try {
    const visit = await play();
    counts.end('finished');
    return { visit, error: undefined };
  } catch (error) {
    counts.end('failed');
    return { visit: undefined, error: error instanceof Error ? error.message : String(error) };
  }
}

class Progress {
  private arrived = 0;
  private readonly reached = new Map<LeavingStep, number>();
  private readonly outcomes = { finished: 0, left: 0, failed: 0 };

  constructor(private readonly participants: number) {}

  arrive(): void {
    this.arrived += 1;
  }

  at(step: LeavingStep): void {
    this.reached.set(step, (this.reached.get(step) ?? 0) + 1);
  }

  end(outcome: Played['outcome']): void {
    this.outcomes[outcome] += 1;
  }

  line(milliseconds: number): string {
    const { finished, left, failed } = this.outcomes;
    const [inLine, working] = [this.reached.get('waiting') ?? 0, this.reached.get('notebook') ?? 0];
    const seconds = String(Math.round(milliseconds / 1000)).padStart(4);
    return (
      `${seconds} s  ${this.arrived} of ${this.participants} arrived, ${inLine} consented, ${working} had a notebook; ` +
      `${finished} finished, ${left} left, ${failed} failed`
    );
  }
}
