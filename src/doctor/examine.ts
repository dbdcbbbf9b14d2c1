import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { type Check, type Finding, notTried, type Result, wrong } from './check.js';

const SECONDS = 8;
/** For the last words of a check whose time is over: reading a log takes one more call. */
const PATIENCE_MS = 3_500;

/**
 * Starts all checks, each as soon as those that it needs are over; the results in the order of the checks. One that
 * needs a check which failed is not tried, and names the failure at the root of it.
 */
export function examine(checks: readonly Check[], interrupt: AbortSignal): Promise<Result>[] {
  // One listener for each check that runs.
  setMaxListeners(checks.length, interrupt);
  const results = new Map<string, Promise<Result>>();
  for (const check of checks) {
    const before = (names: readonly string[]) => Promise.all(names.map((name) => known(results, name, check)));
    results.set(check.name, one(check, before(check.needs), before(check.cleansUpAfter ?? []), interrupt));
  }
  return [...results.values()];
}

function known(results: ReadonlyMap<string, Promise<Result>>, name: string, { name: asking }: Check): Promise<Result> {
  const result = results.get(name);
  if (result === undefined) throw new Error(`the check "${asking}" follows "${name}", which is not before it`);
  return result;
}

async function one(
  check: Check,
  needs: Promise<Result[]>,
  others: Promise<Result[]>,
  interrupt: AbortSignal,
): Promise<Result> {
  const needed = await needs;
  await others;
  const since = performance.now();
  const failed = needed.find(({ ok, because }) => ok === false || because !== null);
  if (failed !== undefined) {
    const because = failed.because ?? failed.name;
    return { name: check.name, ...notTried(`needs ${because}`), because, milliseconds: 0 };
  }
  const finding = await bounded(check, interrupt);
  return { name: check.name, ...finding, because: null, milliseconds: Math.round(performance.now() - since) };
}

async function bounded(check: Check, interrupt: AbortSignal): Promise<Finding> {
  const cleansUp = check.cleansUpAfter !== undefined;
  const isInterrupted = () => interrupt.aborted && !cleansUp;
  if (isInterrupted()) return notTried('interrupted');
  const seconds = check.seconds ?? SECONDS;
  // Not AbortSignal.timeout with AbortSignal.any: Node 20 may collect them as garbage before they fire.
  const end = new AbortController();
  const endIt = () => {
    end.abort();
  };
  if (!cleansUp) interrupt.addEventListener('abort', endIt);
  const late = setTimeout(endIt, seconds * 1000);
  const given = [late];
  const overdue = new Promise<Finding>((resolve) => {
    end.signal.addEventListener('abort', () => {
      // What watches the signal itself says more, so it comes first.
      given.push(setTimeout(resolve, PATIENCE_MS, isInterrupted() ? notTried('interrupted') : tooLate(seconds)));
    });
  });
  const run = check.run(end.signal).then(
    // What was cut short has found nothing out.
    (finding) => (isInterrupted() && finding.ok !== true ? notTried('interrupted') : finding),
    (error: unknown) => (isInterrupted() ? notTried('interrupted') : unforeseen(error)),
  );
  try {
    return await Promise.race([run, overdue]);
  } finally {
    interrupt.removeEventListener('abort', endIt);
    given.forEach(clearTimeout);
  }
}

const tooLate = (seconds: number): Finding =>
  wrong('', `not over within ${seconds} s`, 'Look at the load of this machine and of the one that it asks.');

const unforeseen = (error: unknown): Finding =>
  wrong('', (error as Error).message, 'This was not foreseen: please report it with this line.');
