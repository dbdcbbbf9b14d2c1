/** Whatever somebody does on the way in, they end in one lease: in Chromium, on everything real. */
import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { issueInvitations } from '../../src/participants/invitations.js';
import { launchBrowser, NotebookPage } from './notebook-page.js';
import { assertNoLease, assertOneLease, everybodyLeaves, publishEntered, STUDY } from './one-participant.js';
import { type RunningPlatform, startPlatform } from './running-platform.js';
import { goOn, isReady, on, pageNames, pages, press, refused, steps, tick, toHowTo, upTo } from './way-pages.js';

describe('one participant has one lease', function () {
  this.timeout(180_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let context: BrowserContext;
  let people = 0;
  let pid: string;

  before(async () => {
    platform = await startPlatform(2);
    browser = await launchBrowser(platform);
    await publishEntered(platform, { by: ['pid'] });
  });
  beforeEach(async () => {
    context = await browser.newContext();
    pid = String((people += 1));
  });
  afterEach(async () => {
    for (const each of browser.contexts()) await each.close();
    await everybodyLeaves(platform);
  });
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  const linkOf = (name: string, value: string) => `${platform.stack.publicUrl}/?study=${STUDY}&${name}=${value}`;
  const link = () => linkOf('pid', pid);
  const oneLease = (page: Page) => assertOneLease(platform, `pid:${pid}`, page);

  async function open(address = link(), by = context): Promise<Page> {
    const page = await by.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(address);
    return page;
  }

  it('who clicks twice on everything', async () => {
    const page = await open();
    const twice = (name: string) => page.dblclick(`[data-test="${name}"]`, { noWaitAfter: true });
    await twice('to-consent');
    await on(page, 'give-consent');
    await tick(page);
    await twice('give-consent');
    await isReady(page);
    await twice('open-notebook');
    await oneLease(page);
  });

  it('whose browser sends the form several times at once', async () => {
    const page = await open();
    await upTo(page, 1);
    await tick(page);
    const statuses = await page.evaluate<number[]>(`
      Promise.all(Array.from({ length: 6 }, async () => {
        const body = new URLSearchParams(new FormData(document.querySelector('form')));
        return (await fetch('/howTo', { method: 'POST', body })).status;
      }))`);
    assert.deepEqual(new Set(statuses), new Set([200]));
    await goOn(page, 1);
    await oneLease(page);
  });

  it('who goes through every page in two tabs at once', async () => {
    const tabs = await Promise.all([open(), open()]);
    for (const step of steps) await Promise.all(tabs.map(step));
    // The tab that came last is the one that is written in.
    const [first, second] = tabs.map((page) => new NotebookPage(page)) as [NotebookPage, NotebookPage];
    assert.equal(first.instance, second.instance);
    const stopped = '[data-test=banner-other-page]';
    await Promise.race(tabs.map((page) => page.locator(stopped).waitFor()));
    const [older, newer] = (await tabs[0].locator(stopped).isVisible()) ? tabs : tabs.toReversed();
    await oneLease(newer!);
    await older!.click('[data-test=banner-other-page-action]');
    await newer!.locator(stopped).waitFor();
    await oneLease(older!);
  });

  it('who loads every page again', async () => {
    const page = await open();
    for (const [number, name] of pages.entries()) {
      await on(page, name);
      for (let again = 0; again < 2; again += 1) {
        // Not `page.reload`, which fails when the notebook loads itself again because the record went on meanwhile.
        await Promise.all([page.waitForEvent('load'), page.evaluate('location.reload()')]);
        await on(page, name);
      }
      await steps[number]?.(page);
    }
    await oneLease(page);
  });

  it('who opens the link again on every page', async () => {
    const page = await open();
    for (const [number, name] of pages.entries()) {
      await on(page, name);
      const again = await open();
      // Who takes part is led to the notebook when there is one, and the consent form begins anew.
      await on(again, number < 2 ? 'to-consent' : 'task-title');
      await again.close();
      await steps[number]?.(page);
    }
    await page.reload();
    await oneLease(page);
  });

  it('who goes back from every page, and forward again', async () => {
    const page = await open();
    await upTo(page, 1);
    await page.goBack();
    await on(page, 'to-consent');
    await page.goForward();
    await on(page, 'give-consent');
    await toHowTo(page);
    // The form is no more: whoever goes back to it is led on.
    await page.goBack();
    await page.waitForURL(/\/(howTo|proxy)/);
    await page.goto(link());
    await on(page, 'task-title');
    await page.goBack();
    await page.waitForURL(/\/(howTo|proxy)/);
    await page.goForward();
    await oneLease(page);
  });

  it('who goes back to the form from the notebook, and sends it again from a page that the browser had kept', async () => {
    const page = await open();
    await upTo(page, 1);
    // As a browser shows it that keeps pages whatever they say.
    const kept = await open(page.url());
    await tick(kept);
    await goOn(page, 1);
    await press(kept, 'give-consent');
    await isReady(kept);
    await goOn(kept, 2);
    await oneLease(kept);
  });

  it('whose form is replayed, with the session and without it', async () => {
    const page = await open();
    await upTo(page, 1);
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await toHowTo(page);
    const post = { method: 'POST', data: (await sent).postData()!, maxRedirects: 0 };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const address = (await sent).url();
    const replay = async (by: BrowserContext) => (await by.request.fetch(address, { ...post, headers })).status();
    assert.equal(await replay(context), 303);
    await goOn(page, 2);
    const again = await Promise.all(Array.from({ length: 5 }, () => replay(context)));
    assert.deepEqual(new Set(again), new Set([303]));
    assert.equal(await replay(await browser.newContext()), 403);
    await oneLease(page);
  });

  describe('whose cookies are deleted', () => {
    it('on the introduction', async () => {
      const page = await open();
      await context.clearCookies();
      await goOn(page);
      await oneLease(page);
    });

    it('on the consent form: the button says to open the link again, and that begins where it was', async () => {
      const page = await open();
      await upTo(page, 1);
      await context.clearCookies();
      await tick(page);
      await press(page, 'give-consent');
      await refused(page, 'link-needed', /Please use your link[^]*Please open this study with the link/);
      await assertNoLease(platform);
      await page.goto(link());
      await goOn(page);
      await oneLease(page);
    });

    it('on the how-to page: the button and a reload say so, and the link leads to the notebook', async () => {
      const page = await open();
      await upTo(page, 2);
      await context.clearCookies();
      await press(page, 'open-notebook');
      await refused(page, 'no-session', /Please open your study link again/);
      await page.goto(link());
      await on(page, 'task-title');
      await context.clearCookies();
      await page.goto(`${platform.stack.publicUrl}/howTo`);
      await refused(page, 'link-needed', /Please open this study with the link/);
      await page.goto(link());
      await oneLease(page);
    });

    it('in the notebook: it says so by itself, and the link brings what was typed meanwhile', async () => {
      const page = await open();
      await goOn(page);
      const notebook = new NotebookPage(page);
      await notebook.kernelIs('idle');
      // Else it would ask, and be told, before anything is typed.
      await notebook.saved();
      await context.clearCookies();
      await notebook.write('introduction-2', 'print("hello")  # without cookies');
      await refused(page, 'no-session', /Please open your study link again/);
      await page.goto(link());
      await notebook.test('task-title').waitFor();
      assert.equal(await notebook.source('introduction-2'), 'print("hello")  # without cookies');
      await oneLease(page);
    });
  });

  for (const [number, name] of pageNames.entries()) {
    it(`who changes the browser on the page "${name}", and comes back to the first`, async () => {
      const here = await open();
      await upTo(here, number);
      const elsewhere = await browser.newContext();
      const there = await open(link(), elsewhere);
      await goOn(there, number < 2 ? 0 : 3);
      await oneLease(there);
      if (number === 1) {
        await goOn(here, 1);
      } else {
        await here.goto(link());
      }
      await oneLease(here);
    });
  }

  describe('with an invitation', () => {
    before(() => publishEntered(platform, { by: ['invitation'] }));
    after(() => publishEntered(platform, { by: ['pid'] }));

    it('who uses it again goes on, also elsewhere; whoever takes part with another one is refused', async () => {
      const issuing = { studyId: STUDY, count: 2, expires: null, pairs: false };
      const links = (await issueInvitations(platform.database, issuing)).map(({ token }) =>
        linkOf('invitation', 'invitation' in token ? token.invitation : ''),
      );
      const [own, others] = links as [string, string];
      const page = await open(own);
      await goOn(page);
      const { rows } = await platform.database.query<{ identity: string }>(
        `select identity from participants where study_id = '${STUDY}' and ended_at is null`,
      );
      const { identity } = rows[0]!;
      await assertOneLease(platform, identity, page);
      await page.goto(own);
      await assertOneLease(platform, identity, page);
      const elsewhere = await open(own, await browser.newContext());
      await assertOneLease(platform, identity, elsewhere);

      const another = await browser.newContext();
      const theirs = await open(others, another);
      await goOn(theirs);
      const foreign = await open(own, another);
      await refused(foreign, 'used-by-another', /This link was already used[^]*go on where you began/);
      const { instance } = new NotebookPage(theirs);
      await theirs.reload();
      await on(theirs, 'task-title');
      assert.equal(new NotebookPage(theirs).instance, instance);
    });
  });

  describe('in a study that goes on in one browser only', () => {
    before(() => publishEntered(platform, { by: ['pid'], resume: 'browser' }));
    after(() => publishEntered(platform, { by: ['pid'] }));

    it('who opens the link elsewhere, or without the cookies, is refused, and goes on in the first browser', async () => {
      const page = await open();
      for (const [number, name] of pages.entries()) {
        await on(page, name);
        if (number > 0) {
          const elsewhere = await open(link(), await browser.newContext());
          await refused(elsewhere, 'used-by-another', /you did in another browser[^]*go on where you began/);
        }
        await steps[number]?.(page);
      }
      const cookies = await context.cookies();
      await context.clearCookies();
      const without = await open();
      await refused(without, 'used-by-another', /go on where you began/);
      await context.addCookies(cookies);
      await without.goto(link());
      await oneLease(without);
    });
  });
});
