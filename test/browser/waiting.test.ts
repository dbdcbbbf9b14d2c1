/** The waiting page in Chromium: the web app, Postgres and Redis are real, instances are rows that the test makes ready. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { RunningWeb } from '../integration/running-web.js';
import { giveConsent, toConsent, withEntry } from '../integration/way-in.js';
import { complaints } from './complaints.js';
import { PlainParticipant } from './running-platform.js';
import { Network } from './severed.js';

/** `OBSERVATORY_PICTURES=docs/images` keeps a picture of the page there. */
const PICTURES = process.env['OBSERVATORY_PICTURES'];

describe('the waiting page', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let network: Network;
  let browser: Browser;
  let context: BrowserContext;

  before(async () => {
    web = await RunningWeb.start();
    network = await Network.to(web.address);
    await withEntry(web, { by: ['link'] });
    const launch = await chromiumLaunch(new Cache(undefined, () => undefined));
    browser = await chromium.launch({ headless: true, timeout: 30_000, ...launch });
  });
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
    await web.database.query('update counters set value = 0');
  });
  after(async () => {
    await browser?.close();
    await network?.close();
    await web?.stop();
  });

  /** Somebody in the line who is there, without a browser. */
  async function another(): Promise<PlainParticipant> {
    const who = await toConsent(web, '/?study=crypto-api');
    await giveConsent(who);
    return who;
  }

  async function enter(): Promise<Page> {
    const page = await open('/?study=crypto-api');
    await page.click('[data-test=to-consent]');
    for (const box of await page.locator('input[name=consent]').all()) await box.check();
    await page.click('[data-test=give-consent]');
    await page.locator('[data-test=waiting-state]').waitFor();
    return page;
  }

  async function open(where = '/howTo', by = context): Promise<Page> {
    const page = await by.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(network.address + where);
    return page;
  }

  const state = (page: Page, name: string) => page.locator(`[data-test=waiting-state][data-state=${name}]`).waitFor();
  const says = (page: Page, words: string) => page.locator('[data-test=position]', { hasText: words }).waitFor();
  const address = (page: Page) => page.locator('[data-test=open-notebook]').getAttribute('href');
  const awayFor = async (seconds: number): Promise<void> => {
    // Since the page was closed, so long has passed.
    await web.database.query(`update seen set at = now() - $1 * interval '1 second'`, [seconds]);
    await web.database.query(`update participants set queued_at = queued_at - $1 * interval '1 second'`, [seconds]);
  };

  it('shows in both tabs of one participant the same place and the same notebook', async () => {
    await another();
    const first = await enter();
    const second = await open();
    for (const page of [first, second]) await says(page, '1 person is before you.');
    await web.makeReady(1);
    for (const page of [first, second]) await says(page, 'You are next.');
    const [instance] = await web.makeReady(1);
    for (const page of [first, second]) {
      await state(page, 'ready');
      assert.equal(await address(page), `/proxy/${instance}/`);
    }
    const { rows } = await web.database.query('select from leases where instance_id = $1', [instance]);
    assert.equal(rows.length, 1);
  });

  it('gives the turn of a closed page to the next, and has the place again when opened in time', async () => {
    const page = await enter();
    await says(page, 'You are next.');
    await page.close();
    const later = await another();
    await awayFor(60);
    // Whoever came later is still there.
    assert.equal(await later.assigned(), undefined);
    const [instance] = await web.makeReady(1);
    assert.equal(await later.assigned(), `/proxy/${instance}/`);
    await another();
    const again = await open('/?study=crypto-api');
    await says(again, 'You are next.');
    const [next] = await web.makeReady(1);
    await state(again, 'ready');
    assert.equal(await address(again), `/proxy/${next}/`);
  });

  it('defect 13: says that the network is away, and goes on when it is back', async () => {
    const page = await enter();
    await says(page, 'You are next.');
    network.cut();
    await state(page, 'offline');
    network.mend();
    await state(page, 'waiting');
    const [instance] = await web.makeReady(1);
    await state(page, 'ready');
    assert.equal(await address(page), `/proxy/${instance}/`);
  });

  it('defect 13: outlives answers that are errors, and asks where streams do not come through', async () => {
    let failures = 3;
    await context.route('**/waiting/events', (route) => route.fulfill({ status: 502, body: 'Bad Gateway' }));
    await context.route('**/waiting', (route) =>
      failures-- > 0 ? route.fulfill({ status: 500, body: 'no JSON' }) : route.continue(),
    );
    const page = await enter();
    await state(page, 'offline');
    await state(page, 'waiting');
    await web.makeReady(1);
    await state(page, 'ready');
    assert.ok(failures < 0);
  });

  it('leads who has no session any more to the study link', async () => {
    const page = await enter();
    await says(page, 'You are next.');
    await context.clearCookies();
    network.cut();
    await state(page, 'offline');
    network.mend();
    await state(page, 'error');
  });

  it('needs no script', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const who = await another();
    const cookies = [...who.cookies].map(([name, value]) => ({ name, value, url: network.address }));
    await plain.addCookies(cookies);
    const page = await open('/howTo', plain);
    await says(page, 'You are next.');
    const [instance] = await web.makeReady(1);
    await state(page, 'ready');
    assert.equal(await address(page), `/proxy/${instance}/`);
    await plain.close();
  });

  it('reads out what is new, and not each step', async () => {
    for (let n = 0; n < 5; n += 1) await another();
    const page = await enter();
    await says(page, '5 people are before you.');
    const said = await page.evaluateHandle<string[]>(`{
      const status = document.querySelector('[role=status]');
      const words = [status.textContent];
      new MutationObserver(() => words.push(status.textContent)).observe(status, { childList: true, subtree: true });
      words;
    }`);
    for (const words of ['4 people', '3 people', '2 people', '1 person', 'You are next']) {
      await web.makeReady(1);
      await says(page, words);
    }
    await web.makeReady(1);
    await state(page, 'ready');
    const words = await said.jsonValue();
    assert.equal(words.at(-1), 'Your notebook is ready.');
    assert.ok(words.length <= 3, words.join(' | '));
  });

  it('gives axe nothing to complain about, in any state, language, width and colour', async () => {
    await web.database.query(
      `insert into instances (id, profile, state, job_id, dispatched_at, created_at, ready_at)
       select lpad(n::text, 12, 'a'), 'default', case when n < 3 then 'booting' else 'stopped' end, n::text,
         now() - interval '10 seconds', now(), case when n > 2 then now() + interval '50 seconds' end from generate_series(1, 4) n`,
    );
    await another();
    const found: string[] = [];
    const heights = new Map<string, number>();
    const look = async (name: string, page: Page): Promise<void> => {
      for (const [size, width, height] of [
        ['desktop', 1280, 900],
        ['phone', 390, 844],
      ] as const) {
        await page.setViewportSize({ width, height });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          const file = `waiting-${name}-${size}-${colorScheme}.png`;
          if (PICTURES) await page.screenshot({ path: path.join(PICTURES, file), fullPage: true });
          heights.set(`${name} ${size}`, await page.evaluate<number>('document.documentElement.scrollHeight'));
          found.push(...(await complaints(page)).map((complaint) => `${file}: ${complaint}`));
        }
      }
    };
    const page = await enter();
    await says(page, '1 person');
    await look('line', page);
    await withEntry(web, { by: ['link'] }, { language: 'de' });
    const german = await open();
    await says(german, '1 Person');
    await look('line-german', german);
    network.cut();
    await state(page, 'offline');
    await look('offline', page);
    network.mend();
    await web.makeReady(2);
    await state(page, 'ready');
    await look('ready', page);
    assert.equal(new Set(heights.values()).size, 2, `the page jumps: ${JSON.stringify([...heights])}`);
    await withEntry(web, { by: ['link'] });
    assert.deepEqual(found, []);
  });
});
