/** What Postgres holds of what a participant did in the notebook, in Chromium. */
import assert from 'node:assert/strict';
import type { Browser, Locator, Page } from 'playwright-core';
import type { Document } from '../../src/studies/document.js';
import { rebuild, type RecordedStep } from '../../src/studies/rebuild.js';
import { NotebookPage } from './notebook-page.js';
import { codeCell, openNotebook, startBrowser } from './open-notebook.js';
import { eventually, type RunningPlatform, startPlatform } from './running-platform.js';

const long = Array.from({ length: 60 }, (_, line) => `# line ${line}`).join('\n');
const DOCUMENT: Document = {
  tasks: [
    { id: 'welcome', title: 'Welcome', kind: 'introduction', cells: [codeCell('w', `${long}\n`)] },
    { id: 'one', title: 'One', kind: 'task', cells: [codeCell('a', 'first = 1\r\nsecond = 2\r\n')] },
    { id: 'end', title: 'End', kind: 'closing', cells: [] },
  ],
};

interface StoredEvent extends RecordedStep {
  readonly seq: number;
  readonly task: string;
}

describe('the record of a notebook', function () {
  this.timeout(120_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let notebook: NotebookPage;
  let events: StoredEvent[];
  let screen: Readonly<Record<'width' | 'height', number>>;
  const ran: string[] = [];

  before(async () => {
    platform = await startPlatform(1);
    browser = await startBrowser(platform);
    const { page, participant } = await openNotebook(platform, browser, DOCUMENT);
    notebook = new NotebookPage(page);
    await notebook.kernelIs('idle');
    await notebook.test('start').click();
    await edit(page, notebook.editor('a'));
    await copyAndPaste(page, notebook);
    await leaveAndComeBack(page);
    screen = { width: 900, height: 700 };
    await page.setViewportSize(screen);
    await page.waitForTimeout(700);
    for (const way of [5000, -5000]) {
      await page.mouse.wheel(0, way);
      await page.waitForTimeout(1500);
    }
    const { rows } = await platform.database.query<StoredEvent>(
      'select seq::int, type, task, cell, data from events where participant_id = $1 order by seq',
      [participant],
    );
    events = rows;
  });
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  /** Typing, undo and redo, a paste over a selection, several cursors, a drag; run after each. */
  async function edit(page: Page, editor: Locator): Promise<void> {
    const keys = async (...names: string[]): Promise<void> => {
      for (const name of names) await page.keyboard.press(name);
    };
    const run = async (): Promise<void> => {
      await keys('Control+Enter');
      await notebook.runEnds('a');
      ran.push(await notebook.source('a'));
    };
    await editor.click();
    await keys('Control+End');
    await page.keyboard.type('text = "äöü"\n');
    await page.keyboard.insertText('moon = "🌔👩‍🚀"\n');
    await run();
    await keys('Control+z');
    await run();
    await keys(
      'Control+y',
      'Control+Home',
      'Shift+End',
      'Control+c',
      'ArrowDown',
      'ArrowDown',
      'Home',
      'Shift+End',
      'Control+v',
    );
    await run();
    await keys('Control+Home', 'Control+Alt+ArrowDown');
    await page.keyboard.type('x');
    await run();
    await keys('Escape', 'Control+Home', 'Shift+End');
    await drag(page, editor);
    await run();
  }

  it('rebuilds the text of each run from the edits before it alone', () => {
    const runs = events.filter(({ type }) => type === 'run');
    const edits = events.filter(({ type }) => type === 'edit');
    const rebuilt = runs.map((run) => {
      const { tasks } = rebuild(
        DOCUMENT,
        edits.filter(({ seq }) => seq < run.seq),
      );
      return tasks[1]?.cells[0]?.source;
    });
    assert.deepEqual(rebuilt, ran);
    assert.deepEqual(
      runs.map(({ data }) => data['source']),
      ran,
    );
    assert.equal(new Set(ran).size, ran.length, 'each run ran another text');
  });

  it('says how each change came about', () => {
    const steps = events.flatMap(({ data }) => (data['steps'] as { by: string }[] | undefined) ?? []);
    const found = new Set(steps.map(({ by }) => by));
    for (const by of ['input.type', 'undo', 'redo', 'input.paste', 'move.drop', 'delete.cut']) {
      assert.ok(found.has(by), `${by} in ${[...found].join(', ')}`);
    }
  });

  it('has what was pasted, whence it need not be asked, and how much was copied and cut', () => {
    const data = (kind: string): unknown[] => events.filter(({ type }) => type === kind).map((event) => event.data);
    assert.deepEqual(data('paste'), [
      { characters: 9, text: 'first = 1', own: true },
      { characters: 11, text: 'foreign = 3', own: false },
    ]);
    assert.deepEqual(data('copy'), [{ characters: 9 }]);
    assert.deepEqual(data('cut'), [{ characters: 11 }]);
  });

  it('has when the page was left, how large the window became and where it was scrolled to', () => {
    const after = events.slice(events.findIndex(({ type }) => type === 'blur'));
    const steps = after.map(({ type, task, data }) => [type, task, data]);
    assert.deepEqual(
      steps.filter(([type]) => type !== 'kernel' && type !== 'scroll'),
      [
        ['blur', 'one', {}],
        ['visibility', 'one', { visible: false }],
        ['visibility', 'one', { visible: true }],
        ['focus', 'one', {}],
        ['resize', 'one', screen],
      ],
    );
    const scrolls = after.filter(({ type }) => type === 'scroll').map(({ task }) => task);
    assert.deepEqual(scrolls.slice(-2), ['one', 'welcome']);
  });
});

/** Drags the selected text to the end of the editor's last line. */
async function drag(page: Page, editor: Locator): Promise<void> {
  const lines = editor.locator('.cm-line');
  const from = (await lines.first().boundingBox())!;
  const to = (await lines.last().boundingBox())!;
  await page.mouse.move(from.x + 12, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 30, to.y + to.height / 2, { steps: 5 });
  await page.mouse.up();
}

async function copyAndPaste(page: Page, notebook: NotebookPage): Promise<void> {
  const elsewhere = await page.context().newPage();
  await elsewhere.setContent('<textarea>foreign = 3</textarea>');
  await elsewhere.locator('textarea').focus();
  await elsewhere.keyboard.press('Control+a');
  await elsewhere.keyboard.press('Control+c');
  await elsewhere.close();
  await notebook.editor('a').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+v');
  await notebook.test('source-hint').waitFor();
  await notebook.test('source-hint').waitFor({ state: 'hidden' });
  await page.keyboard.press('Shift+Home');
  await page.keyboard.press('Control+x');
}

/** Another tab comes to the front and goes. Without the test's own pretence that each page always has the focus. */
async function leaveAndComeBack(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  const other = await page.context().newPage();
  await other.bringToFront();
  // A browser without a screen hides no page: said in its place.
  await setVisibility(page, 'hidden');
  await setVisibility(page, 'visible');
  await page.bringToFront();
  await eventually('the page has the focus', () => holds(page, 'document.hasFocus()'));
  await other.close();
}

async function setVisibility(page: Page, state: string): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}

async function holds(page: Page, condition: string): Promise<true | undefined> {
  return (await page.evaluate(condition)) === true ? true : undefined;
}
