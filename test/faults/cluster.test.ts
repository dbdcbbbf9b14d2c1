/** What happens in Nomad and Consul behind the manager's back. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readLeadership } from '../../src/platform/pass-report.js';
import { keys } from '../../src/platform/redis.js';
import { poll } from '../poll.js';
import { booksAgree, differences, readBooks } from './support/books.js';
import { allFaults } from './support/extent.js';
import { FaultStack } from './support/fault-stack.js';
import { NomadApi } from './support/nomad-api.js';
import { type AtWork, answersTo, finishWork, instanceOf, startWork } from './support/participants.js';

describe('behind the back of the manager', function () {
  this.timeout(180_000);
  let stack: FaultStack;
  let nomad: NomadApi;
  let working: AtWork;

  before(async () => {
    stack = await FaultStack.start();
    nomad = new NomadApi(stack);
    stack.parts.managers.start();
    working = await startWork(stack);
    await booksAgree(stack, { ready: 2, leased: 1 });
  });
  after(() => stack?.stop());

  /** A participant comes and goes, so that a new instance must be dispatched. */
  async function turnOver(): Promise<void> {
    const guest = await startWork(stack);
    await booksAgree(stack, { ready: 2, leased: 2 });
    await finishWork(guest);
    await booksAgree(stack, { ready: 2, leased: 1 });
  }

  it('the parent job is purged: it is registered again, and its instances go on', async () => {
    const before = (await readBooks(stack)).rows;
    await nomad.purgeParent();
    await turnOver();
    assert.ok(before.some(({ id }) => id === instanceOf(working)));
    assert.ok(await answersTo(working));
  });

  it('the parent job is stopped: it is registered again, and its instances go on', async () => {
    await nomad.stopParent();
    await turnOver();
    assert.ok(await answersTo(working));
  });

  it('the parent job has a new version: idle instances are replaced, the one at work never', async () => {
    const before = (await readBooks(stack)).rows.map(({ id }) => id);
    await nomad.changeParent();
    await poll(
      'all idle ones are replaced',
      async () => {
        const now = (await readBooks(stack)).rows.filter(({ state }) => state === 'ready').map(({ id }) => id);
        return now.length === 2 && !now.some((id) => before.includes(id));
      },
      60,
    );
    await booksAgree(stack, { ready: 2, leased: 1 });
    assert.equal(await working.who.assigned(), working.notebook);
    assert.ok(await answersTo(working));
  });

  it('a second child of a leased instance appears: it is stopped, the first one stays', async () => {
    const first = (await readBooks(stack)).processes.find(({ instance }) => instance === instanceOf(working));
    await nomad.dispatch(instanceOf(working));
    await booksAgree(stack, { ready: 2, leased: 1 });
    const now = (await readBooks(stack)).processes.find(({ instance }) => instance === instanceOf(working));
    assert.deepEqual(now, first);
    assert.ok(await answersTo(working));
  });

  it('a ghost appears in Consul: it is told, nobody is led to it, and the pool is what it was', async () => {
    const { services, job } = stack.parts;
    const ghost = randomBytes(6).toString('hex');
    const router = `traefik.http.routers.i-${ghost}`;
    const entry = {
      ID: `ghost-${ghost}`,
      Name: job,
      Address: '127.0.0.1',
      Port: 9,
      Tags: [
        'traefik.enable=true',
        `${router}.rule=PathPrefix(\`/proxy/${ghost}/api/\`)`,
        `${router}.middlewares=observatory-gate@file`,
      ],
    };
    await consul(`/v1/agent/service/register`, entry);
    await turnOverWithGhost(ghost);
    const { report } = await readLeadership(stack.parts.database);
    assert.deepEqual(report?.problems, [
      `Consul has 1 passing entries of no instance on record, which are ignored: ${ghost}.`,
    ]);
    assert.equal((await working.who.request(`/proxy/${ghost}/api/kernels`)).status, 403);
    await consul(`/v1/agent/service/deregister/ghost-${ghost}`, {});
    await booksAgree(stack, { ready: 2, leased: 1 });

    async function consul(path: string, body: unknown): Promise<void> {
      const response = await fetch(`${services.consul.address}${path}`, { method: 'PUT', body: JSON.stringify(body) });
      assert.equal(response.status, 200);
    }
  });

  /** Like `turnOver`; the books differ in the ghost and in nothing else. */
  async function turnOverWithGhost(ghost: string): Promise<void> {
    const differInGhostAlone = async (leased: number) => {
      const books = await readBooks(stack);
      const entries = books.entries.filter(({ instance }) => instance !== ghost);
      return (
        entries.length < books.entries.length && differences({ ...books, entries }, { ready: 2, leased }).length === 0
      );
    };
    const guest = await startWork(stack);
    await poll('the pool is full beside the ghost', () => differInGhostAlone(2), 60);
    await finishWork(guest);
    await poll('the pool is as before beside the ghost', () => differInGhostAlone(1), 60);
  }

  it('somebody nudges it without a pause: its passes come all the same', async () => {
    const { redis } = stack.parts;
    const nudging = setInterval(() => void redis.publish(keys.nudge, 'test'), 5);
    try {
      await turnOver();
    } finally {
      clearInterval(nudging);
    }
  });

  if (allFaults) {
    it('an orphan appears: it is stopped after its time of grace', async () => {
      await nomad.dispatch(randomBytes(6).toString('hex'));
      await poll('it runs', async () => (await readBooks(stack)).processes.length === 4, 30);
      await booksAgree(stack, { ready: 2, leased: 1 }, 90);
    });
  }
});
