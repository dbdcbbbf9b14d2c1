/** The store of the browser itself, in Chromium. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { EventChange, EventStore } from '../../notebook/event-store.js';
import type { NotebookEvent } from '../../notebook/protocol.js';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { packageRoot } from '../../src/platform/root.js';
import { event, eventStoreContract } from '../unit/event-store-contract.js';

const ORIGIN = 'http://store.test';

describe("the browser's store of events", function () {
  this.timeout(60_000);
  let browser: Browser;
  let script: string;
  let page: Page;

  before(async () => {
    browser = await chromium.launch({ ...(await chromiumLaunch(new Cache(undefined, () => undefined))) });
    const { outputFiles } = await build({
      stdin: {
        contents: `import { IndexedEventStore } from './indexed-event-store.js'; globalThis.store = new IndexedEventStore();`,
        resolveDir: path.join(packageRoot, 'notebook'),
      },
      bundle: true,
      write: false,
    });
    script = outputFiles[0]!.text;
  });
  after(() => browser?.close());
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage();
    await page.route(`${ORIGIN}/`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await load();
  });
  afterEach(() => page.context().close());

  async function load(): Promise<void> {
    await page.goto(`${ORIGIN}/`);
    await page.addScriptTag({ content: script });
  }

  const store: EventStore = {
    events: (participant) => page.evaluate<NotebookEvent[]>(`store.events(${JSON.stringify(participant)})`),
    write: (participant, change) => write(participant, JSON.stringify(change)),
  };

  async function write(participant: string, change: string): Promise<void> {
    await page.evaluate(`store.write(${JSON.stringify(participant)}, ${change})`);
  }

  eventStoreContract(() => Promise.resolve(store));

  it('does all of a change or nothing', async () => {
    const change: EventChange = { put: [event('a', 1), event('a', 2)], remove: [] };
    const spoilt = JSON.stringify(change).replace(/"data":{}(?!.*"data":{})/, '"data": { never: () => 0 }');
    await assert.rejects(write('abc', spoilt), /could not be cloned/);
    assert.deepEqual(await store.events('abc'), []);
  });

  it('has everything after the page is loaded again', async () => {
    await store.write('abc', { put: [event('a', 1)], remove: [] });
    await load();
    assert.deepEqual(await store.events('abc'), [event('a', 1)]);
  });

  it("goes on after the browser's data was cleared", async () => {
    await store.write('abc', { put: [event('a', 1)], remove: [] });
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.clearDataForOrigin', { origin: ORIGIN, storageTypes: 'indexeddb' });
    await assert.doesNotReject(
      store.write('abc', { put: [event('a', 2)], remove: [] }).catch(() => {
        // The closing may be told by the write that it spoils; the outbox tries it again.
        return store.write('abc', { put: [event('a', 2)], remove: [] });
      }),
    );
    assert.deepEqual(await store.events('abc'), [event('a', 2)]);
  });

  it('says that it cannot keep anything where the browser forbids it', async () => {
    await page.addInitScript(`Object.defineProperty(globalThis, 'indexedDB', { value: undefined });`);
    await load();
    await assert.rejects(store.events('abc'));
    await assert.rejects(store.write('abc', { put: [event('a', 1)], remove: [] }));
  });
});
