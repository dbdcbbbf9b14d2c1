import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { PassReport } from '../src/platform/pass-report.js';
import { median, round2 } from './refill.js';
import { type Bench, withBench } from './stack.js';

const SIZES = [100, 1_000] as const;
const PASSES = 20;

interface Measured {
  readonly milliseconds: number;
  readonly callsAPass: number;
}

/** A pass in which nothing is to be done, with 1,000 warm instances against 100: its time, and what it asks of Nomad. */
export async function pass(): Promise<object> {
  return withBench(async (bench) => {
    const passes = new Passes();
    const manager = await bench.manager((report) => {
      passes.heard(report);
    });
    try {
      const small = await measure(bench, passes, SIZES[0]);
      const large = await measure(bench, passes, SIZES[1]);
      return {
        ratio: round2(large.milliseconds / small.milliseconds),
        milliseconds: { [SIZES[0]]: small.milliseconds, [SIZES[1]]: large.milliseconds },
        nomadCallsAPass: { [SIZES[0]]: small.callsAPass, [SIZES[1]]: large.callsAPass },
        nomad: bench.service.source,
      };
    } finally {
      await manager.stop();
    }
  });
}

async function measure(bench: Bench, passes: Passes, size: number): Promise<Measured> {
  const start = performance.now();
  await bench.setPool(size);
  await passes.until(({ pools: [pool] }) => pool?.ready === size && pool.booting === 0);
  console.log(`${size} instances are ready after ${((performance.now() - start) / 1000).toFixed(1)} s`);
  // The first quiet pass may still be hurried by events of the fill.
  await passes.until((report) => Object.keys(report.actions).length === 0);
  const calls = new NomadCalls(bench.service.address);
  const milliseconds: number[] = [];
  await passes.until((report) => {
    if (Object.keys(report.actions).length > 0) throw new Error('a pass had something to do: not what is measured');
    milliseconds.push(report.milliseconds);
    return milliseconds.length === PASSES;
  });
  const measured = { milliseconds: round2(median(milliseconds)), callsAPass: round2(calls.end() / PASSES) };
  console.log(
    `${size} instances: ${measured.milliseconds} ms a pass (${Math.min(...milliseconds)} to ${Math.max(...milliseconds)}), ${measured.callsAPass} calls of Nomad`,
  );
  return measured;
}

/** The manager's passes as they end. */
class Passes {
  private listener: (report: PassReport) => void = () => undefined;

  heard(report: PassReport): void {
    this.listener(report);
  }

  until(isEnough: (report: PassReport) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.listener = (report) => {
        try {
          if (isEnough(report)) resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
    });
  }
}

/** Every request that leaves this process for Nomad. */
class NomadCalls {
  private count = 0;
  private readonly host: string;
  private readonly hear = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    if (request.getHeader('host') === this.host) this.count += 1;
  };

  constructor(address: string) {
    this.host = new URL(address).host;
    subscribe('http.client.request.start', this.hear);
  }

  end(): number {
    unsubscribe('http.client.request.start', this.hear);
    return this.count;
  }
}
