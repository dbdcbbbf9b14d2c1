/** A researcher looks at an instance, replaces and retires it, on the running platform; its participant goes on in another one. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { addUser } from '../../src/control/access/users.js';
import { PASSWORD } from '../integration/staff.js';
import { complaints } from './complaints.js';
import { launchBrowser, NotebookPage, publishFixture } from './notebook-page.js';
import { eventually, type RunningPlatform, startPlatform } from './running-platform.js';

const PICTURES = process.env['OBSERVATORY_PICTURES'];
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const WRITTEN = '<b>a program wrote this</b>';

describe('an instance that somebody works on', function () {
  this.timeout(300_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let theirs: BrowserContext;
  let notebook: NotebookPage;
  let control: Page;
  let link: string;

  before(async () => {
    platform = await startPlatform(2);
    browser = await launchBrowser(platform);
    link = await publishFixture(platform, 'guided');
    await addUser(
      platform.database,
      { name: 'rita', role: 'researcher', password: PASSWORD, studies: ['guided'] },
      'test',
    );
    const context = await browser.newContext({ viewport: SIZES.desktop, reducedMotion: 'reduce' });
    control = await context.newPage();
    control.setDefaultTimeout(20_000);
    await control.goto(`${platform.stack.publicUrl}/control/instances`);
    await control.locator('input[name=name]').fill('rita');
    await control.locator('input[name=password]').fill(PASSWORD);
    await control.locator('[data-test=sign-in] button').click();
    await part('filters').waitFor();
  });
  beforeEach(async () => {
    theirs = await browser.newContext({ viewport: { width: 1100, height: 800 } });
    notebook = await NotebookPage.enter(theirs, link);
    assert.equal(await notebook.run('introduction-2'), 'hello');
    await notebook.test('start').click();
    assert.equal(await notebook.run('adding-3'), 'defined');
    await notebook.saved();
  });
  afterEach(() => theirs.close());
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  const part = (name: string) => control.locator(`[data-test=${name}]`);
  const picture = async (page: Page, name: string): Promise<void> => {
    if (PICTURES) await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: page === control });
  };

  /** From the list to the instance's page. */
  async function open(instance: string): Promise<void> {
    await control.goto(`${platform.stack.publicUrl}/control/instances?state=leased`);
    await control.locator(`tr[data-id="${instance}"]`).getByRole('link').first().click();
    await part('facts').waitFor();
  }
  async function press(way: 'replace' | 'retire'): Promise<void> {
    await part(way).click();
    await part('confirm').getByRole('button').click();
    await part('facts').waitFor();
  }
  const state = async (instance: string): Promise<string> => {
    const { rows } = await platform.database.query<{ state: string }>('select state from instances where id = $1', [
      instance,
    ]);
    return rows[0]!.state;
  };
  const stops = (instance: string) =>
    eventually('Nomad has stopped it', async () => ((await state(instance)) === 'stopped' ? true : undefined), 60);

  it('is shown with its memory and the end of its log, in which a program’s words are text', async () => {
    await notebook.write('adding-4', `import os\nos.system("echo '${WRITTEN}' >&2")\nprint("done")`);
    await notebook.page.keyboard.press('Control+Enter');
    await notebook.runEnds('adding-4');
    await open(notebook.instance);
    assert.match(await part('memory').innerText(), /^\d+\.\d MB of \d+ MB in use$/);
    assert.ok((await part('log-stderr').innerText()).split('\n').includes(WRITTEN));
    assert.equal(await part('log-stderr').locator('*').count(), 0);
    const found: string[] = [];
    for (const [size, viewport] of Object.entries(SIZES)) {
      await control.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await control.emulateMedia({ colorScheme });
        const name = `control-instance-log-${size}${colorScheme === 'dark' ? '-dark' : ''}`;
        await picture(control, name);
        found.push(...(await complaints(control)).map((complaint) => `${name}: ${complaint}`));
        assert.equal(await control.evaluate('document.documentElement.scrollWidth'), viewport.width, name);
      }
    }
    await control.emulateMedia({ colorScheme: 'light' });
    await control.setViewportSize(SIZES.desktop);
    assert.deepEqual(found, []);
  });

  it('is replaced: the participant’s page stays and goes on in another one', async () => {
    const { instance: before, page } = notebook;
    await page.evaluate('window.stayed = true');
    await open(before);
    await press('replace');
    assert.match(
      await part('timeline').innerText(),
      /leased → retiring, by rita: instance [0-9a-f]{12} was replaced by rita/,
    );
    await picture(control, 'control-instance-replaced-desktop');
    await page.waitForURL((url) => /^\/proxy\/[0-9a-f]{12}\/$/.test(url.pathname) && !url.pathname.includes(before));
    await notebook.kernelIs('idle');
    await notebook.test('banner-kernel-lost').waitFor();
    await picture(page, 'notebook-replaced');
    assert.equal(await page.evaluate('window.stayed'), true);
    assert.equal(await notebook.output('adding-3'), 'defined');
    await notebook.test('banner-kernel-lost-action').click();
    await notebook.test('banner-kernel-lost').waitFor({ state: 'detached' });
    await notebook.write('adding-4', 'print(add(20, 22))');
    assert.equal(await notebook.run('adding-4'), '42');
    await stops(before);
    await open(notebook.instance);
    assert.match(await part('leases').innerText(), /^Participant/);
  });

  it('is retired: the participant’s page says so and goes back to the line, which leads to their work in another one', async () => {
    const { instance: before, page } = notebook;
    await open(before);
    await press('retire');
    await notebook.test('banner-gone').waitFor();
    await picture(page, 'notebook-retired');
    await stops(before);
    // It loads itself again, and so asks for a place.
    await page.locator('[data-test=waiting-state][data-state=ready]').waitFor();
    await notebook.test('open-notebook').click();
    await notebook.test('banner-kernel-lost-action').click();
    await notebook.test('banner-kernel-lost').waitFor({ state: 'detached' });
    assert.notEqual(notebook.instance, before);
    assert.equal(await notebook.output('adding-3'), 'defined');
    await notebook.write('adding-4', 'print(add(20, 22))');
    assert.equal(await notebook.run('adding-4'), '42');
  });
});
