import { setTimeout as sleep } from 'node:timers/promises';
import { newInstanceId } from '../src/platform/identity.js';
import { type Bench, PARENT, withBench } from './stack.js';

const INSTANCES = 50;
const ROUNDS = 3;
const CLIENTS = [1, 4, 8, 16, 32];

/**
 * From an empty pool to 50 running, by Nomad's word: the manager against a loop that does nothing but dispatch the same job
 * on the same Nomad, with the number of clients that is best for it. 1 means that the manager costs nothing.
 */
export async function refill(): Promise<object> {
  return withBench(async (bench) => {
    await raw(bench, 8); // The first children of an agent are slower than all that follow.
    const byClients = new Map<number, number>();
    for (const clients of CLIENTS) {
      const seconds = await raw(bench, clients);
      byClients.set(clients, seconds);
      console.log(`raw loop, ${clients} at once: ${seconds.toFixed(2)} s`);
    }
    const best = [...byClients].reduce((one, other) => (other[1] < one[1] ? other : one))[0];
    const floor: number[] = [];
    const managed: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      floor.push(await raw(bench, best));
      managed.push(await byManager(bench));
      console.log(`round ${round}: raw ${floor.at(-1)?.toFixed(2)} s, manager ${managed.at(-1)?.toFixed(2)} s`);
    }
    const [rawSeconds, seconds] = [median(floor), median(managed)];
    return {
      ratio: round2(rawSeconds / seconds),
      instances: INSTANCES,
      seconds: round2(seconds),
      rawSeconds: round2(rawSeconds),
      rawClients: best,
      nomad: bench.service.source,
    };
  });
}

async function raw(bench: Bench, clients: number): Promise<number> {
  const start = performance.now();
  let left = INSTANCES;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const id = newInstanceId();
      await bench.nomad.dispatch(PARENT, { instance_id: id, token_hash: id, profile: 'default' }, id);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return endOfRun(bench, start);
}

async function byManager(bench: Bench): Promise<number> {
  const manager = await bench.manager(() => undefined);
  try {
    const start = performance.now();
    await bench.setPool(INSTANCES);
    return await untilRunning(bench, start);
  } finally {
    await manager.empty();
    await manager.stop();
    await bench.clear();
  }
}

async function endOfRun(bench: Bench, start: number): Promise<number> {
  const seconds = await untilRunning(bench, start);
  await bench.clear();
  return seconds;
}

async function untilRunning(bench: Bench, start: number): Promise<number> {
  while ((await bench.running()) < INSTANCES) await sleep(50);
  return (performance.now() - start) / 1000;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;

export const round2 = (value: number): number => Math.round(value * 100) / 100;
