/** Work that goes on exactly where it was: after a reload, in another browser, on another instance. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { instanceProcesses } from '../../src/local/instance-processes.js';
import { launchBrowser, NotebookPage, publishFixture } from './notebook-page.js';
import { StoredRecord } from './record.js';
import { eventually, type RunningPlatform, startPlatform } from './running-platform.js';

const KILLS = 10;
/** In several processes: one alone may meet its own limit first, which is an error of Python's and no restart. */
const TOO_MUCH_MEMORY = `import os, time
for _ in range(4):
    if os.fork() == 0:
        x = bytearray(os.urandom(1024)) * (30 * 1024)
        time.sleep(60)
        os._exit(0)
time.sleep(60)`;

describe('a notebook', function () {
  this.timeout(300_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let context: BrowserContext;
  let link: string;

  before(async () => {
    platform = await startPlatform(2);
    browser = await launchBrowser(platform);
    link = await publishFixture(platform, 'guided');
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  });
  afterEach(() => context.close());
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  /** In the first task, with its first cell run. */
  async function inFirstTask(): Promise<NotebookPage> {
    const notebook = await NotebookPage.enter(context, link);
    await notebook.run('introduction-2');
    await notebook.test('start').click();
    assert.equal(await notebook.run('adding-3'), 'defined');
    return notebook;
  }

  function kill(instance: string): void {
    const processes = instanceProcesses(path.dirname(platform.stack.logDir));
    const own = processes.filter((process) => process.instance === instance);
    assert.ok(own.length > 0, `no process of the instance ${instance}`);
    for (const { pid } of own) process.kill(pid, 'SIGKILL');
  }

  it(`defect 10: whose instance is killed in the middle of a run, ${KILLS} times in a row, stays on the screen and goes on with another`, async () => {
    const notebook = await inFirstTask();
    const { page } = notebook;
    await page.evaluate('window.stayed = true');
    const instances = [notebook.instance];
    for (let round = 1; round <= KILLS; round += 1) {
      await notebook.write('adding-4', `import time\nprint("begin ${round}")\ntime.sleep(600)`);
      await page.keyboard.press('Shift+Enter');
      await notebook
        .test('output-adding-4')
        .filter({ hasText: `begin ${round}` })
        .waitFor();
      kill(notebook.instance);
      await page.keyboard.press('Control+End');
      await page.keyboard.type(`\n# typed after ${round}`, { delay: 20 });
      await page.waitForURL((url) => !url.pathname.includes(instances.at(-1)!));
      instances.push(notebook.instance);
      await notebook.kernelIs('idle');
      await notebook.test('banner-kernel-lost').waitFor();
      assert.equal(await page.evaluate('window.stayed'), true);
      assert.equal(await notebook.output('adding-3'), 'defined');
      assert.match(await notebook.output('adding-4'), new RegExp(`^begin ${round}\\s+Python was gone`));
      assert.ok((await notebook.source('adding-4')).endsWith(`\n# typed after ${round}`));
    }
    await notebook.test('banner-kernel-lost-action').click();
    await notebook.test('banner-kernel-lost').waitFor({ state: 'detached' });
    await notebook.write('adding-4', 'print(add(2, 3))');
    assert.equal(await notebook.run('adding-4'), '5');
    await notebook.saved();

    assert.equal(new Set(instances).size, KILLS + 1);
    const record = await StoredRecord.of(platform.database, instances[0]!);
    record.checkOrder();
    assert.equal(record.ofType('output').filter(({ data }) => data['status'] === 'lost').length, KILLS);
    assert.deepEqual(
      record.ofType('reconnect').map(({ data }) => data),
      instances.slice(1).map(() => ({ instance: 'new', variables: 'lost' })),
    );
    assert.equal(record.ofType('open').length, 1);
    const runs = record.checkRuns();
    assert.deepEqual(
      runs.slice(-3).map(({ cell }) => cell),
      ['introduction-2', 'adding-3', 'adding-4'],
    );
    assert.equal(record.sources()['adding-4'], 'print(add(2, 3))');
  });

  it('is there again after a reload: the task, the text, the outputs, the cursor', async () => {
    const notebook = await inFirstTask();
    await notebook.editor('adding-4').click();
    await notebook.page.keyboard.press('Control+Home');
    await notebook.page.keyboard.type('# here');
    await notebook.saved();
    await notebook.page.reload();
    // What the page before sent last may come after this one was read; then it reads itself once more.
    await eventually('the page writes the record', async () => {
      const record = await StoredRecord.of(platform.database, notebook.instance);
      return record.ofType('open').length === 2 || undefined;
    });
    await assertResumed(notebook);
  });

  it('is there again in another browser, and the page before is told to stop and says why', async () => {
    const notebook = await inFirstTask();
    await notebook.editor('adding-4').click();
    await notebook.page.keyboard.press('Control+Home');
    await notebook.page.keyboard.type('# here');
    await notebook.saved();
    const other = await browser.newContext({ storageState: { cookies: await context.cookies(), origins: [] } });
    const second = new NotebookPage(await other.newPage());
    await second.page.goto(link);
    await assertResumed(second);
    await notebook.page.keyboard.type('too late');
    await notebook.test('banner-other-page').waitFor();
    assert.match(await notebook.test('banner-other-page').innerText(), /another tab or window/);
    await second.saved();
    await other.close();
    const record = await StoredRecord.of(platform.database, second.instance);
    assert.equal(record.sources()['adding-4'], '# here!print(add(2, 3))');
  });

  it('in two tabs is written in the newer one alone; the older says why it has stopped, and can take over again', async () => {
    const notebook = await inFirstTask();
    const second = new NotebookPage(await context.newPage());
    await second.page.goto(link);
    await second.test('task-title').waitFor();
    await notebook.test('banner-other-page').waitFor();
    await second.write('adding-4', '# in the second tab');
    await second.saved();
    // Until it is loaded again the old document still stands there, and may be read.
    await Promise.all([notebook.page.waitForEvent('load'), notebook.test('banner-other-page-action').click()]);
    await second.test('banner-other-page').waitFor();
    await notebook.test('skip').waitFor();
    assert.equal(await notebook.source('adding-4'), '# in the second tab');
  });

  it('whose Python alone is killed says that the variables are gone and runs the earlier cells again', async () => {
    const notebook = await inFirstTask();
    await notebook.write('adding-4', 'import os\nos.kill(os.getpid(), 9)');
    await notebook.page.keyboard.press('Control+Enter');
    await notebook.runEnds('adding-4');
    assert.match(await notebook.output('adding-4'), /^Python was gone/);
    await notebook.test('banner-kernel-lost-action').click();
    await notebook.test('banner-kernel-lost').waitFor({ state: 'detached' });
    await notebook.write('adding-4', 'print(add(2, 3))');
    assert.equal(await notebook.run('adding-4'), '5');
  });

  it('whose program fills the memory says so, and goes on', async () => {
    const notebook = await inFirstTask();
    await notebook.write('adding-4', TOO_MUCH_MEMORY);
    await notebook.page.keyboard.press('Control+Enter');
    await notebook.test('banner-kernel-lost').filter({ hasText: 'used too much memory and was restarted' }).waitFor();
    await notebook.test('banner-kernel-lost-action').click();
    await notebook.test('banner-kernel-lost').waitFor({ state: 'detached' });
    await notebook.write('adding-4', 'print(add(2, 3))');
    assert.equal(await notebook.run('adding-4'), '5');
    await notebook.saved();
    const record = await StoredRecord.of(platform.database, notebook.instance);
    assert.ok(record.ofType('kernel').some(({ data }) => data['reason'] === 'memory'));
  });

  it('opened again when its instance has died meanwhile has the text and the outputs, and offers to run the cells again', async () => {
    const notebook = await inFirstTask();
    await notebook.editor('adding-4').click();
    await notebook.page.keyboard.press('Control+Home');
    await notebook.page.keyboard.type('# here');
    await notebook.saved();
    const { instance } = notebook;
    await notebook.page.close();
    kill(instance);
    await eventually('the instance is given up', async () => {
      const { rows } = await platform.database.query<{ state: string }>('select state from instances where id = $1', [
        instance,
      ]);
      return rows[0]?.state === 'failed' ? true : undefined;
    });
    const again = new NotebookPage(await context.newPage());
    await again.page.goto(link);
    await again.page.locator('[data-test=open-notebook], [data-test=task-title]').first().waitFor();
    if (await again.test('open-notebook').isVisible()) {
      await again.page.locator('[data-test=waiting-state][data-state=ready]').waitFor();
      await again.test('open-notebook').click();
    }
    await again.test('banner-kernel-lost').waitFor();
    await assertResumed(again);
    assert.notEqual(again.instance, instance);
    await again.test('banner-kernel-lost-action').click();
    await again.test('banner-kernel-lost').waitFor({ state: 'detached' });
    await again.write('adding-4', 'print(add(2, 3))');
    assert.equal(await again.run('adding-4'), '5');
  });
});

/** As left with the cursor behind `# here` in the fourth cell of the first task: what is typed goes there at once. */
async function assertResumed(notebook: NotebookPage): Promise<void> {
  await notebook.test('skip').waitFor();
  assert.equal(await notebook.test('task-title').innerText(), 'Task 1 of 3: Add two numbers');
  assert.equal(await notebook.output('introduction-2'), 'hello');
  assert.equal(await notebook.output('adding-3'), 'defined');
  assert.equal(await notebook.source('adding-4'), '# hereprint(add(2, 3))');
  await notebook.page.keyboard.type('!');
  assert.equal(await notebook.source('adding-4'), '# here!print(add(2, 3))');
}
