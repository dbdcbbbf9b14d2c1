/** Nothing that a participant does is lost on its way to Postgres, whatever happens to the network and the browser. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type WebSocketRoute } from 'playwright-core';
import { chromiumLaunch } from '../../src/local/chromium.js';
import type { Document } from '../../src/studies/document.js';
import { rebuild, type RecordedStep } from '../../src/studies/rebuild.js';
import { NotebookPage } from './notebook-page.js';
import { codeCell, seatParticipant, type SeatedParticipant, startBrowser } from './open-notebook.js';
import { eventually, type RunningPlatform, startPlatform } from './running-platform.js';

const DOCUMENT: Document = {
  tasks: [
    { id: 'welcome', title: 'Welcome', kind: 'introduction', cells: [codeCell('w', 'print("hello")\n')] },
    { id: 'one', title: 'One', kind: 'task', cells: [codeCell('a', 'a = 1\n')] },
    { id: 'two', title: 'Two', kind: 'task', cells: [codeCell('b', 'b = 2\n')] },
    { id: 'end', title: 'End', kind: 'closing', cells: [] },
  ],
};

interface StoredEvent extends RecordedStep {
  readonly seq: number;
  readonly page: string;
  readonly task: string;
  readonly clock: number;
}

describe('the way of the events', function () {
  this.timeout(180_000);
  let platform: RunningPlatform;
  let browser: Browser;

  before(async () => {
    platform = await startPlatform(6);
    browser = await startBrowser(platform);
  });
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  async function stored({ participant }: SeatedParticipant): Promise<StoredEvent[]> {
    const { rows } = await platform.database.query<StoredEvent>(
      `select seq::int, type, page, task, cell, clock, data from events where participant_id = $1 order by seq`,
      [participant],
    );
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      rows.map((_, index) => index + 1),
      'the numbers have a gap',
    );
    return rows;
  }

  /** What Postgres makes of a cell from its events alone. */
  async function storedSource(seat: SeatedParticipant, cell: string): Promise<string | undefined> {
    const { tasks } = rebuild(DOCUMENT, await stored(seat));
    return tasks.flatMap((task) => task.cells).find(({ id }) => id === cell)?.source;
  }

  async function open(seat: SeatedParticipant, context: BrowserContext): Promise<NotebookPage> {
    await context.addCookies(seat.cookies);
    const notebook = new NotebookPage(await context.newPage());
    await notebook.page.goto(seat.address);
    await notebook.test('task-title').waitFor();
    return notebook;
  }

  async function seated(options: { before?: (context: BrowserContext) => Promise<void> } = {}) {
    const seat = await seatParticipant(platform, DOCUMENT);
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    await options.before?.(context);
    const notebook = await open(seat, context);
    await notebook.kernelIs('idle');
    return { seat, context, notebook };
  }

  it('loses nothing in 10 minutes offline with typing, task changes and a refused run', async () => {
    let isOffline = false;
    const sockets: WebSocketRoute[] = [];
    const { seat, context, notebook } = await seated({
      before: async (context) => {
        await context.clock.install();
        await context.routeWebSocket(/\/channels/, (socket) => {
          if (isOffline) {
            void socket.close();
            return;
          }
          socket.connectToServer();
          sockets.push(socket);
        });
      },
    });
    const { page } = notebook;
    const goOffline = async (offline: boolean): Promise<void> => {
      isOffline = offline;
      await context.setOffline(offline);
      if (offline) for (const socket of sockets.splice(0)) await socket.close();
    };
    await notebook.test('start').click();
    await notebook.saved();
    await goOffline(true);
    await notebook.kernelIs('reconnecting');
    await typeAtEnd(notebook, 'a', 'x = "äöü 🙂"\n');
    await page.clock.fastForward('03:00');
    assert.equal(await notebook.test('save-state').innerText(), 'Offline, kept on this computer');
    await notebook.test('run-a').click();
    assert.match(await notebook.test('banner-not-run').innerText(), /was not run/);
    await notebook.test('next').click();
    await page.clock.fastForward('04:00');
    await typeAtEnd(notebook, 'b', 'y = 3');
    await page.clock.fastForward('03:00');
    await goOffline(false);
    await notebook.saved();

    const events = await stored(seat);
    const moves = events.filter(({ type }) => ['start', 'run', 'next'].includes(type)).map(({ type }) => type);
    assert.deepEqual(moves, ['start', 'next']);
    const edits = events.filter(({ type }) => type === 'edit').map(({ cell, clock }) => ({ cell, clock }));
    assert.deepEqual([...new Set(edits.map(({ cell }) => cell))], ['a', 'b']);
    const [first, last] = [edits[0]!.clock, edits.at(-1)!.clock];
    assert.ok(last - first >= 7 * 60_000, `${last - first} ms between the first and the last change`);
    assert.equal(await storedSource(seat, 'a'), 'a = 1\nx = "äöü 🙂"\n');
    assert.equal(await storedSource(seat, 'b'), 'b = 2\ny = 3');
    await context.close();
  });

  it('loses nothing that was typed 2 seconds before the browser was killed while offline', async () => {
    const seat = await seatParticipant(platform, DOCUMENT);
    const profile = await mkdtemp(path.join(tmpdir(), 'observatory-profile-'));
    const launch = async (): Promise<BrowserContext> =>
      chromium.launchPersistentContext(profile, { headless: true, ...(await chromiumLaunch(platform.cache)) });
    try {
      const killed = await launch();
      const notebook = await open(seat, killed);
      await notebook.test('start').click();
      await notebook.saved();
      await killed.setOffline(true);
      await typeAtEnd(notebook, 'a', 'kept = True\n');
      await notebook.page.waitForTimeout(2000);
      await notebook.page.keyboard.type('perhaps = 1');
      const closed = new Promise((resolve) => killed.once('close', resolve));
      process.kill(await browserProcess(profile), 'SIGKILL');
      await closed;
      assert.equal(await storedSource(seat, 'a'), 'a = 1\n');

      const again = await launch();
      // A browser writes its cookies to the disk only now and then; a participant's is older than a minute.
      const reopened = await open(seat, again);
      assert.match(await reopened.source('a'), /^a = 1\nkept = True\n/);
      assert.match(await reopened.test('task-title').innerText(), /One/);
      await reopened.saved();
      const onScreen = await reopened.source('a');
      assert.equal(await storedSource(seat, 'a'), onScreen);
      await again.close();
    } finally {
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  it('sends the last events while the page is left', async () => {
    const { seat, context, notebook } = await seated();
    await typeAtEnd(notebook, 'w', 'last = "words"');
    await notebook.page.goto('about:blank');
    const source = await eventually('the last words arrive', async () => {
      const found = await storedSource(seat, 'w');
      return found?.includes('last') ? found : undefined;
    });
    assert.equal(source, 'print("hello")\nlast = "words"');
    await context.close();
  });

  it('stops the older of two tabs at once, and mixes nothing', async () => {
    const { seat, context, notebook: older } = await seated();
    await typeAtEnd(older, 'w', 'first = 1\n');
    const newer = await open(seat, context);
    await older.test('banner-other-page').waitFor();
    assert.equal(await older.page.locator('section.task.current[inert]').count(), 1);
    assert.equal(await newer.source('w'), 'print("hello")\nfirst = 1\n');
    await typeAtEnd(newer, 'w', 'second = 2');
    await newer.saved();
    // Until it is loaded again the old document still stands there, and may be read.
    await Promise.all([older.page.waitForEvent('load'), older.test('banner-other-page-action').click()]);
    await newer.test('banner-other-page').waitFor();
    await older.test('task-title').waitFor();
    await older.saved();
    assert.equal(await older.source('w'), 'print("hello")\nfirst = 1\nsecond = 2');
    const pages = (await stored(seat)).map(({ page }) => page);
    const turns = pages.filter((page, index) => page !== pages[index - 1]);
    assert.equal(turns.length, 3);
    assert.equal(new Set(turns).size, 3);
    await context.close();
  });

  it('keeps apart what a browser did that another one had overtaken', async () => {
    const { seat, context: olderContext, notebook: older } = await seated();
    await older.saved();
    await olderContext.setOffline(true);
    await typeAtEnd(older, 'w', 'overtaken = 1');
    const newerContext = await browser.newContext();
    const newer = await open(seat, newerContext);
    await typeAtEnd(newer, 'w', 'valid = 2');
    await newer.saved();
    await olderContext.setOffline(false);
    await older.test('banner-other-page').waitFor();
    const strays = await eventually('the overtaken words are kept', async () => {
      const { rows } = await platform.database.query<{ event: RecordedStep }>(
        `select event from stray_events where participant_id = $1 order by seq`,
        [seat.participant],
      );
      return rows.some(({ event }) => JSON.stringify(event).includes('overtaken')) ? rows : undefined;
    });
    assert.ok(strays.length > 0);
    assert.equal(await storedSource(seat, 'w'), 'print("hello")\nvalid = 2');
    await Promise.all([olderContext.close(), newerContext.close()]);
  });

  it('says so where the browser keeps nothing, and sends all the same', async () => {
    const { seat, context, notebook } = await seated({
      before: async (context) => {
        await context.addInitScript(`Object.defineProperty(globalThis, 'indexedDB', { value: undefined });`);
      },
    });
    await notebook.saved();
    await context.setOffline(true);
    await typeAtEnd(notebook, 'w', 'fleeting = 1');
    await notebook.page.locator('[data-test=save-state][data-state=unkept]').waitFor();
    assert.equal(await notebook.test('save-state').innerText(), 'Offline, not kept on this computer');
    await context.setOffline(false);
    await notebook.saved();
    assert.equal(await storedSource(seat, 'w'), 'print("hello")\nfleeting = 1');
    await context.close();
  });
});

async function typeAtEnd(notebook: NotebookPage, cell: string, text: string): Promise<void> {
  await notebook.editor(cell).click();
  await notebook.page.keyboard.press('Control+End');
  await notebook.page.keyboard.insertText(text);
}

/** The process of the browser itself, of all those that use this profile. */
async function browserProcess(profile: string): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const id of ids) {
    const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(`--user-data-dir=${profile}`) && !command.includes('--type=')) return Number(id);
  }
  throw new Error(`no browser with the profile ${profile}`);
}
