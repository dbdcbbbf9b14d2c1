/** Who works goes on working, and who comes gets a warm instance, while a part of the system is down. */
import assert from 'node:assert/strict';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { poll } from '../poll.js';
import { booksAgree } from './support/books.js';
import { allFaults } from './support/extent.js';
import { FaultStack } from './support/fault-stack.js';
import { answersTo, finishWork, startWork } from './support/participants.js';

const CELL = 'introduction-2';

if (allFaults) describe('claims and running notebooks', goOn);

function goOn(this: Mocha.Suite): void {
  this.timeout(300_000);
  let stack: FaultStack;
  let browser: Browser;
  let page: Page;

  before(async () => {
    stack = await FaultStack.start({ jupyter: true });
    stack.parts.managers.start();
    await booksAgree(stack, { ready: 2 });
    browser = await chromium.launch({
      timeout: 30_000,
      ...(await chromiumLaunch(new Cache(undefined, () => undefined))),
    });
    page = await browser.newPage();
    page.setDefaultTimeout(30_000);
    await openNotebook(page, stack.publicUrl);
    await runsCode();
    await booksAgree(stack, { ready: 2, leased: 1 });
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const outputs = async (): Promise<number> => {
    const { rows } = await stack.parts.database.query<{ count: number }>(
      `select count(*)::int as count from events where type = 'output'`,
    );
    return rows[0]!.count;
  };

  /** A click runs the cell in the kernel, and Postgres has the output as an event of its own. */
  async function runsCode(): Promise<void> {
    const before = await outputs();
    await page.click(`[data-test="run-${CELL}"]`);
    await poll('the output is recorded', async () => (await outputs()) > before, 30);
  }

  const outages: readonly [name: string, down: () => Promise<unknown>, up: () => Promise<unknown>][] = [
    ['Redis', () => stack.parts.services.redis.stop(), () => stack.parts.services.redis.restart()],
    ['the manager', () => stack.parts.managers.killAll(), () => Promise.resolve(stack.parts.managers.start())],
    ['Consul', () => stack.parts.services.consul.stop(), () => stack.parts.services.consul.restart()],
    ['Nomad', () => stack.parts.nomad.kill(), () => stack.parts.nomad.startAgain()],
  ];
  for (const [name, down, up] of outages) {
    it(`go on while ${name} is down`, async () => {
      await down();
      try {
        await runsCode();
        const newcomer = await startWork(stack, 20);
        await poll('the instance answers the newcomer', () => answersTo(newcomer), 20);
        await runsCode();
        await finishWork(newcomer);
      } finally {
        await up();
      }
      await booksAgree(stack, { ready: 2, leased: 1 }, 120);
      await runsCode();
    });
  }
}

async function openNotebook(page: Page, publicUrl: string): Promise<void> {
  await page.goto(`${publicUrl}/?study=crypto-api`);
  await page.click('[data-test=to-consent]');
  for (const box of await page.locator('input[name=consent]').all()) await box.check();
  await page.click('[data-test=give-consent]');
  await page.locator('[data-test=waiting-state][data-state=ready]').waitFor({ timeout: 90_000 });
  await page.click('[data-test=open-notebook]');
  await page.locator('[data-test=start]').waitFor();
  assert.match(new URL(page.url()).pathname, /^\/proxy\/[0-9a-f]{12}\/$/);
}
