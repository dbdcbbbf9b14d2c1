/** The whole study in a browser, with every button; what Postgres holds is compared with what the page showed. */
import assert from 'node:assert/strict';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser, NotebookPage, publishFixture } from './notebook-page.js';
import { StoredRecord } from './record.js';
import { type RunningPlatform, startPlatform } from './running-platform.js';

/** A run as it stood on the screen. */
interface Seen {
  readonly cell: string;
  readonly source: string;
  output: string;
}

const SURROGATES = '# äöü 🙂👩‍💻 ';

describe('the flow of a study', function () {
  this.timeout(120_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let context: BrowserContext;

  before(async () => {
    platform = await startPlatform(2);
    browser = await launchBrowser(platform);
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  });
  afterEach(() => context.close());
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  it('defect 23: is the same on the screen and in Postgres, step by step; the cell that is run is the one whose button was pressed', async () => {
    const notebook = await NotebookPage.enter(context, await publishFixture(platform, 'guided'));
    const { page } = notebook;
    const seen: Seen[] = [];
    /** Starts a run by `press`, and keeps what stood on the screen before and after it. */
    const run = async (cell: string, press: () => Promise<void>, during = () => Promise.resolve()) => {
      const source = await notebook.source(cell);
      await press();
      await during();
      await notebook.runEnds(cell);
      const one = { cell, source, output: await notebook.output(cell) };
      seen.push(one);
      return one.output;
    };
    const byButton = (cell: string) => () => notebook.test(`run-${cell}`).click();
    const shown = async (): Promise<(string | null)[]> => {
      const sections = await page.locator('section.task').all();
      return Promise.all(sections.map((section) => section.getAttribute('data-task')));
    };
    const offered = async (): Promise<string[]> => {
      const names = ['start', 'skip', 'next', 'finish', 'stop', 'reset'];
      const visible = await Promise.all(names.map((name) => notebook.test(name).isVisible()));
      return names.filter((_, index) => visible[index]);
    };
    const title = (): Promise<string> => notebook.test('task-title').innerText();

    assert.deepEqual([await title(), await shown()], ['Introduction: Welcome', ['introduction']]);
    assert.deepEqual(await offered(), ['start', 'stop', 'reset']);
    await notebook.kernelIs('idle');
    assert.equal(await notebook.test('stop').isEnabled(), false);
    assert.equal(await run('introduction-2', byButton('introduction-2')), 'hello');

    await notebook.test('start').click();
    assert.deepEqual([await title(), await shown()], ['Task 1 of 3: Add two numbers', ['introduction', 'adding']]);
    assert.deepEqual(await offered(), ['skip', 'next', 'stop', 'reset']);
    await assertLocked(notebook, 'introduction', 'introduction-2', 'print("hello")');
    assert.equal(await notebook.test('run-adding-2').count(), 0);

    // Typed, undone, done again, pasted over a selection, and run by both keys.
    await notebook.editor('adding-3').click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type(SURROGATES);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+y');
    assert.equal(await run('adding-3', () => page.keyboard.press('Shift+Enter')), 'defined');
    await notebook.editor('adding-4').click();
    assert.equal(await run('adding-4', () => page.keyboard.press('Control+Enter')), '5');
    // The cursor is in one cell, the button is another's: that one is run.
    assert.equal(await run('adding-3', byButton('adding-3')), 'defined');

    await notebook.write('adding-4', 'print("begin")\nwhile True: pass');
    const stopped = await run('adding-4', byButton('adding-4'), async () => {
      await notebook.test('output-adding-4').filter({ hasText: 'begin' }).waitFor();
      assert.equal(await notebook.test('stop').isEnabled(), true);
      await notebook.test('stop').click();
    });
    assert.match(stopped, /^begin[\s\S]*KeyboardInterrupt/);
    await notebook.kernelIs('idle');
    assert.equal(await notebook.test('stop').isEnabled(), false);

    await notebook.write('adding-4', 'print("Hello", input("Name? "))');
    const asked = await run('adding-4', byButton('adding-4'), async () => {
      await notebook.test('input').fill('Ada');
      await notebook.test('input-send').click();
    });
    assert.equal(asked, 'Name? Ada\nHello Ada');

    await notebook.test('reset').click();
    await notebook.test('cancel').click();
    await notebook.test('reset').click();
    await notebook.test('confirm').click();
    await notebook.test('banner-kernel-lost-action-2').click();
    await notebook.write('adding-4', 'add(1, 2)');
    assert.match(await run('adding-4', byButton('adding-4')), /NameError/);
    await notebook.write('adding-4', '%xmode Minimal\nadd(1, 2)');
    assert.match(await run('adding-4', byButton('adding-4')), /NameError/);
    await notebook.test('next').click();

    assert.equal(await title(), 'Task 2 of 3: Multiply two numbers');
    await assertLocked(notebook, 'adding', 'adding-4', '%xmode Minimal\nadd(1, 2)');
    assert.match(await notebook.test('clock').innerText(), /^1:0[23]$/);
    await notebook.test('banner-time').filter({ hasText: 'One minute left' }).waitFor();
    await notebook.test('clock').filter({ hasText: /^0:5/ }).waitFor();
    await page.reload();
    await notebook.test('clock').waitFor();
    assert.match(await notebook.test('clock').innerText(), /^0:5\d$/);
    await leaveUnsolved(notebook);

    assert.equal(await title(), 'Task 3 of 3: One quick thing');
    assert.match(await notebook.test('clock').innerText(), /^0:0[89]$/);
    await notebook.write('quick-2', 'print("in time")');
    assert.equal(await run('quick-2', byButton('quick-2')), 'in time');
    await notebook.editor('quick-2').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\n# at the last moment');
    await notebook.test('banner-time-up').waitFor();

    assert.deepEqual(await offered(), ['finish']);
    assert.equal(await title(), 'Last page: Thank you');
    assert.equal(await notebook.test('clock').isVisible(), false);
    await assertLocked(notebook, 'quick', 'quick-2', 'print("in time")\n# at the last moment');
    const sources = await sourcesOnScreen(notebook);
    const { instance } = notebook;
    await notebook.test('finish').click();
    await notebook.test('cancel').click();
    await notebook.test('finish').click();
    await notebook.test('confirm').click();
    await notebook.test('exit-survey').waitFor();

    const record = await StoredRecord.of(platform.database, instance);
    record.checkOrder();
    assert.deepEqual(record.sources(), sources);
    assert.deepEqual(
      record.checkRuns(),
      seen.map(({ cell, source }) => ({ cell, source })),
    );
    assert.deepEqual(
      record.ofType('output').map(({ cell, data }) => [cell, printed(data['outputs'])]),
      seen.map(({ cell, output }) => [cell, words(output)]),
    );
    const steps = ['open', 'start', 'next', 'skip-survey', 'skip', 'time-up', 'finish', 'interrupt', 'reset'];
    assert.deepEqual(
      record.events.filter(({ type }) => steps.includes(type)).map(({ type, task }) => `${type} ${task}`),
      [
        ...['open introduction', 'start introduction', 'interrupt adding', 'reset adding', 'next adding'],
        ...['open multiplying', 'skip-survey multiplying', 'skip multiplying', 'time-up quick', 'finish closing'],
      ],
    );
    assert.deepEqual(record.ofType('skip-survey')[0]?.data, {
      answers: {
        why: 'too hard',
        minutes: 1.5,
        cause: 'Unclear task',
        hard: 4,
        helped: { "The task's text": 'somewhat', 'The editor': 'a lot' },
      },
    });
    const { rows } = await platform.database.query('select state from participants where id = $1', [
      record.participant,
    ]);
    assert.deepEqual(rows, [{ state: 'finished' }]);
  });

  it('defect 21: sends nobody on to the survey before everything is stored', async () => {
    const notebook = await NotebookPage.enter(context, await publishFixture(platform, 'timed'));
    const { page, instance } = notebook;
    await notebook.saved();
    await context.setOffline(true);
    await notebook.write('only-2', 'print("typed offline")');
    await notebook.test('finish').click();
    await notebook.test('confirm').click();
    await notebook.test('banner-finishing').waitFor();
    await notebook.test('banner-offline').waitFor();
    assert.equal(notebook.instance, instance);
    const before = await StoredRecord.of(platform.database, instance);
    assert.deepEqual(before.ofType('finish'), []);
    await context.setOffline(false);
    await page.locator('[data-test=exit-survey]').waitFor();
    const record = await StoredRecord.of(platform.database, instance);
    record.checkOrder();
    assert.equal(record.sources()['only-2'], 'print("typed offline")');
    assert.equal(record.events.at(-1)?.type, 'finish');
  });

  it('ends by itself where the time of the last task is over, in the words of the study', async () => {
    const notebook = await NotebookPage.enter(context, await publishFixture(platform, 'timed'));
    const { page, instance } = notebook;
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    assert.equal(await notebook.test('task-title').innerText(), 'Aufgabe 1 von 1: Eine Aufgabe');
    await notebook.write('only-2', 'print(1)');
    // What is being asked when the time is over is settled by it.
    await notebook.test('skip').click();
    assert.match(await page.locator('dialog').innerText(), /letzte Aufgabe/);
    await notebook.test('exit-survey').waitFor();
    const record = await StoredRecord.of(platform.database, instance);
    record.checkOrder();
    assert.equal(record.sources()['only-2'], 'print(1)');
    assert.deepEqual(record.events.map(({ type }) => type).slice(-2), ['time-up', 'finish']);
  });
});

/** Shown with its text and outputs, but neither to be changed nor to be run. */
async function assertLocked(notebook: NotebookPage, task: string, cell: string, source: string): Promise<void> {
  const section = notebook.page.locator(`section.task[data-task="${task}"]`);
  assert.equal(await section.locator('[data-test=locked]').count(), 1);
  assert.equal(await notebook.test(`run-${cell}`).count(), 0);
  await notebook.editor(cell).click();
  await notebook.page.keyboard.type('changed');
  await notebook.page.keyboard.press('Shift+Enter');
  assert.equal(await notebook.source(cell), source);
  assert.doesNotMatch((await notebook.cell(cell).getAttribute('class'))!, /running/);
}

/** Tries to skip, goes on trying, skips, and answers the questions when the page insists. */
async function leaveUnsolved(notebook: NotebookPage): Promise<void> {
  const { page } = notebook;
  await notebook.test('skip').click();
  await notebook.test('cancel').click();
  await notebook.test('skip').click();
  await notebook.test('confirm').click();
  await notebook.test('confirm').click();
  const problems = page.locator('dialog .problem:visible');
  assert.deepEqual(
    await problems.allInnerTexts(),
    Array.from({ length: 5 }, () => 'Please answer this question.'),
  );
  await notebook.test('question-why').locator('textarea').fill('too hard');
  await notebook.test('question-minutes').locator('input').fill('90');
  await notebook.test('question-cause').getByText('Unclear task').click();
  await notebook.test('question-hard').getByText('4').click();
  await notebook.test('question-helped').getByText('somewhat').first().click();
  await notebook.test('confirm').click();
  assert.deepEqual(await problems.allInnerTexts(), [
    'Please enter a number from 0 to 60.',
    'Please answer every line.',
  ]);
  await notebook.test('question-minutes').locator('input').fill('1.5');
  await notebook.test('question-helped').getByText('a lot').last().click();
  await notebook.test('confirm').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
}

async function sourcesOnScreen(notebook: NotebookPage): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const cell of await notebook.page.locator('.code-cell').all()) {
    const id = (await cell.getAttribute('data-cell'))!;
    found[id] = await notebook.source(id);
  }
  return found;
}

/** Stored outputs as the words that a reader sees. */
function printed(outputs: unknown): string {
  const texts = (outputs as Partial<Record<'text' | 'traceback' | 'data', unknown>>[]).map(
    ({ text, traceback, data }) =>
      traceback
        ? (traceback as string[]).join('\n')
        : ((text ?? (data as Record<string, unknown>)['text/plain']) as string),
  );
  return words(texts.join('\n'));
}

/** Without a terminal's colours. */
function words(text: string): string {
  return text
    .replace(/\x1b\[[\d;]*m/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
