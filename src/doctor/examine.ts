import { performance } from 'node:perf_hooks';
import { type Check, type Finding, notTried, type Result, wrong } from './check.js';

const SECONDS = 8;

/**
 * Starts all checks, each as soon as those that it needs are over; the results in the order of the checks. One that
 * needs a check which failed is not tried, and names the failure at the root of it.
 */
export function examine(checks: readonly Check[], interrupt: AbortSignal): Promise<Result>[] {
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
  const late = AbortSignal.timeout(seconds * 1000);
  const signal = cleansUp ? late : AbortSignal.any([interrupt, late]);
  const over = new Promise<Finding>((resolve) => {
    signal.addEventListener('abort', () => {
      // What waits for the signal says more, so it comes first.
      setTimeout(() => {
        resolve(
          isInterrupted()
            ? notTried('interrupted')
            : wrong(
                '',
                `not over within ${seconds} s`,
                'Look at the load of this machine and of the one that it asks.',
              ),
        );
      }, 500).unref();
    });
  });
  const run = check.run(signal).then(
    // What was cut short has found nothing out.
    (finding) => (isInterrupted() && finding.ok !== true ? notTried('interrupted') : finding),
    (error: unknown) =>
      isInterrupted()
        ? notTried('interrupted')
        : wrong('', (error as Error).message, 'This was not foreseen: please report it with this line.'),
  );
  return Promise.race([run, over]);
}
