/** What Nomad answers late, wrongly or not at all. */
import assert from 'node:assert/strict';
import { readLeadership } from '../../src/platform/pass-report.js';
import { poll } from '../poll.js';
import { booksAgree, childrenOf, readBooks } from './support/books.js';
import { allFaults } from './support/extent.js';
import { FaultStack } from './support/fault-stack.js';
import type { Manager } from './support/managers.js';
import { NomadApi } from './support/nomad-api.js';
import { isDispatch, type NomadProxy } from './support/nomad-proxy.js';
import { type AtWork, answersTo, finishWork, startWork } from './support/participants.js';

describe('a call to Nomad', function () {
  this.timeout(240_000);
  let stack: FaultStack;
  let proxy: NomadProxy;
  let manager: Manager;
  let working: AtWork;

  before(async () => {
    stack = await FaultStack.start();
    proxy = stack.parts.nomadProxy;
    manager = stack.parts.managers.start();
    working = await startWork(stack);
    await booksAgree(stack, { ready: 2, leased: 1 });
  });
  afterEach(async () => {
    proxy.heal();
    await booksAgree(stack, { ready: 2, leased: 1 });
    assert.ok(await answersTo(working));
    const dispatched = (await childrenOf(stack.parts.nomad.address, stack.parts.job)).map(({ instance }) => instance);
    assert.equal(new Set(dispatched).size, dispatched.length, 'an instance was dispatched twice');
  });
  after(() => stack?.stop());

  /** Somebody takes a warm instance, so that another one must be dispatched, while `trouble` lasts. */
  async function dispatchInTrouble(during: () => Promise<unknown>): Promise<void> {
    const before = proxy.count(isDispatch);
    const guest = await startWork(stack);
    await poll('a dispatch', () => Promise.resolve(proxy.count(isDispatch) > before), 60);
    await during();
    await finishWork(guest);
  }

  it('dispatch: answered late, is noted when it is answered, and not made twice', async () => {
    let answer: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (answer = resolve));
    proxy.trouble = (call) => (isDispatch(call) ? { kind: 'late', until } : undefined);
    await dispatchInTrouble(async () => {
      await poll('Nomad runs it', async () => (await readBooks(stack)).processes.length === 4, 60);
      answer();
      await booksAgree(stack, { ready: 2, leased: 2 });
    });
  });

  it('dispatch: told that it failed when it did not, is found and not made twice', async () => {
    proxy.trouble = (call) => (isDispatch(call) ? { kind: 'error-after-success' } : undefined);
    await dispatchInTrouble(() => booksAgree(stack, { ready: 2, leased: 2 }));
  });

  it('of any kind: refused for a while, changes nothing for those at work; then all goes on', async () => {
    await proxy.refuse();
    const guest = await startWork(stack);
    assert.ok(await answersTo(guest));
    await finishWork(guest);
    await poll(
      'it is told',
      async () => (await problems()).some((text) => text.startsWith('Nomad could not be read')),
      60,
    );
    await proxy.accept();
  });

  it('event stream: cut, is opened again and tells what happens', async () => {
    await restartManager({ OBSERVATORY_PASS_SECONDS: '600' });
    await poll('a stream', () => Promise.resolve(proxy.openStreams > 0), 30);
    proxy.cutStreams();
    await poll('the stream is cut', () => Promise.resolve(proxy.openStreams === 0), 30);
    await poll('another stream', () => Promise.resolve(proxy.openStreams > 0), 30);
    await killOneIdle();
    await booksAgree(stack, { ready: 2, leased: 1 });
  });

  it('event stream: resumed after its buffer moved on, misses nothing', async () => {
    await restartManager({ OBSERVATORY_PASS_SECONDS: '600' });
    await poll('a stream', () => Promise.resolve(proxy.openStreams > 0), 30);
    proxy.streamsAllowed = false;
    proxy.cutStreams();
    await killOneIdle();
    await new NomadApi(stack).writeMuch();
    proxy.streamsAllowed = true;
    await booksAgree(stack, { ready: 2, leased: 1 });
  });

  it('event stream: away for good, the timer finds what happens', async () => {
    await restartManager({});
    proxy.streamsAllowed = false;
    proxy.cutStreams();
    await killOneIdle();
    await booksAgree(stack, { ready: 2, leased: 1 });
  });

  if (allFaults) {
    it('dispatch: never answered, is found and not made twice', async () => {
      proxy.trouble = (call) => (isDispatch(call) ? { kind: 'no-answer' } : undefined);
      await dispatchInTrouble(() => booksAgree(stack, { ready: 2, leased: 2 }, 90));
    });

    it('of any kind: answered "No cluster leader" after 5 s, stops nothing; warm instances are handed out', async () => {
      proxy.trouble = () => ({ kind: 'no-leader' });
      const guests = [await startWork(stack), await startWork(stack)];
      for (const guest of guests) assert.ok(await answersTo(guest));
      const before = proxy.count(() => true);
      await poll('it went on asking', () => Promise.resolve(proxy.count(() => true) > before + 12), 120);
      const { rows } = await readBooks(stack);
      assert.equal(rows.filter(({ state }) => state === 'leased').length, 3);
      for (const guest of guests) assert.ok(await answersTo(guest));
      for (const guest of guests) await finishWork(guest);
    });
  }

  async function problems(): Promise<readonly string[]> {
    return (await readLeadership(stack.parts.database)).report?.problems ?? [];
  }

  async function restartManager(settings: Readonly<Record<string, string>>): Promise<void> {
    const { managers } = stack.parts;
    await managers.stop(manager);
    manager = managers.start({ settings });
    await managers.untilLeads(manager);
    await booksAgree(stack, { ready: 2, leased: 1 });
  }

  async function killOneIdle(): Promise<void> {
    const { rows, processes } = await readBooks(stack);
    const idle = rows.find(({ state }) => state === 'ready')!.id;
    process.kill(processes.find(({ instance }) => instance === idle)!.pid, 'SIGKILL');
  }
});
