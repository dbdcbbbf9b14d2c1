/** How the landing pages look: to axe, on a desktop and a phone, in light and dark, and how much they weigh. */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import path from 'node:path';
import type { Context } from 'koa';
import Router from 'koa-router';
import { pino } from 'pino';
import { type Browser, type BrowserContext, chromium, type Page, type Response } from 'playwright-core';
import { type RunningWeb as StartedWeb, startWeb } from '../../src/cli/web.js';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { packageRoot } from '../../src/platform/root.js';
import { createApp } from '../../src/platform/web/app.js';
import { assetRoute } from '../../src/platform/web/assets.js';
import { addressOf, close, listen } from '../../src/platform/web/listener.js';
import { pathParameter } from '../../src/platform/web/path-parameter.js';
import { createViews } from '../../src/platform/web/views.js';
import { refusal, type RefusalCode } from '../../src/platform/web/refusal-pages.js';
import { refusalWords } from '../../src/platform/web/refusal-words.js';
import { exitSurveySchema } from '../../src/studies/exit-survey.js';
import { screeningSchema } from '../../src/studies/screening.js';
import { forgetEverybody } from '../integration/old-people.js';
import { RunningWeb } from '../integration/running-web.js';
import { withEntry } from '../integration/way-in.js';
import { complaints } from './complaints.js';

/** `OBSERVATORY_PICTURES=docs/images` keeps a picture of each page there. */
const PICTURES = process.env['OBSERVATORY_PICTURES'];
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const COLOURS = ['light', 'dark'] as const;
const MAX_BYTES = 50 * 1024;

describe('the landing pages', function () {
  this.timeout(240_000);
  let web: RunningWeb;
  let guarded: StartedWeb;
  let refusing: Server;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let found: string[];

  before(async () => {
    web = await RunningWeb.start();
    const captcha = { OBSERVATORY_CAPTCHA: 'turnstile', OBSERVATORY_CAPTCHA_SITE_KEY: 'ours' } as const;
    guarded = await startWeb(
      { ...web.settings, ...captcha, OBSERVATORY_CAPTCHA_SECRET: 'a secret' },
      pino({ level: 'silent' }),
    );
    refusing = await startRefusing(web);
    const launch = await chromiumLaunch(new Cache(undefined, () => undefined));
    browser = await chromium.launch({ headless: true, timeout: 30_000, ...launch });
  });
  beforeEach(async () => {
    found = [];
    await web.database.query(`update studies set state = 'open'`);
    await withEntry(web, { by: ['link'], returnTo: { noConsent: 'https://recruit.example/no' } });
    context = await browser.newContext({ viewport: SIZES.desktop, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
  });
  afterEach(async () => {
    await context.close();
    await forgetEverybody(web);
  });
  after(async () => {
    await browser?.close();
    await guarded?.stop();
    if (refusing) await close(refusing);
    await web?.stop();
  });

  const part = (name: string) => page.locator(`[data-test=${name}]`);

  async function toConsent(base = web.address): Promise<void> {
    await page.goto(`${base}/?study=crypto-api`);
    await part('to-consent').click();
    await part('give-consent').waitFor();
  }

  async function consented(base = web.address): Promise<void> {
    await toConsent(base);
    for (const box of await page.locator('input[name=consent]').all()) await box.check();
    await part('give-consent').click();
  }

  /** What is wrong with the page as it is, in each size and colour. */
  async function look(name: string, keepDark = false): Promise<void> {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (over > 0) found.push(`${name}, ${size}: ${over} pixels wider than the screen`);
      for (const colorScheme of COLOURS) {
        await page.emulateMedia({ colorScheme });
        found.push(...(await complaints(page)).map((complaint) => `${name}, ${size}, ${colorScheme}: ${complaint}`));
        if (PICTURES === undefined || (colorScheme === 'dark' && !keepDark)) continue;
        const file = `landing-${name}-${size}${colorScheme === 'dark' ? '-dark' : ''}.png`;
        await page.screenshot({ path: path.join(PICTURES, file), fullPage: true });
      }
    }
    await page.setViewportSize(SIZES.desktop);
  }

  it('from the intro to the consent form', async () => {
    await page.goto(`${web.address}/?study=crypto-api`);
    await look('intro');
    await part('to-consent').click();
    await part('give-consent').waitFor();
    await look('consent', true);
    assert.deepEqual(found, []);
  });

  it('on paper: a document with boxes to tick, and nothing that can only be clicked', async () => {
    await context.addInitScript('window.print = () => { window.isPrinted = true; }');
    await toConsent();
    await part('print').click();
    assert.equal(await page.evaluate<boolean>('window.isPrinted'), true);
    await part('consent-age').check();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const seen = await page.locator('main').innerText();
    assert.ok(seen.startsWith(web.study.title), seen);
    for (const words of ['What happens to the data', 'each run of your code', 'I am 18 years of age']) {
      assert.ok(seen.includes(words), words);
    }
    assert.equal(await page.locator('main :is(button, input, a[href^="/"], a[href*="recruit"]):visible').count(), 0);
    assert.doesNotMatch(seen, /Step 2|Print|I agree and start|I do not take part/);
    const marks = `[...document.querySelectorAll('.box')].map((box) => getComputedStyle(box, '::before').content)`;
    assert.deepEqual(await page.evaluate(marks), ['"☑"', '"☐"', '"☐"', '"☐"']);
    const paper = await page.evaluate<string>(`getComputedStyle(document.querySelector('main')).backgroundColor`);
    assert.equal(paper, 'rgb(255, 255, 255)');
    if (PICTURES) await page.screenshot({ path: path.join(PICTURES, 'landing-consent-printed.png'), fullPage: true });
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const without = await plain.newPage();
    await without.goto(`${web.address}/consent?study=crypto-api`);
    assert.equal(await without.locator('[data-test=print]').isVisible(), false);
    await plain.close();
  });

  it('in German', async () => {
    await web.database.query(`update studies set language = 'de'`);
    await toConsent();
    await look('consent-german');
    await page.goBack();
    await look('intro-german');
    assert.deepEqual(found, []);
  });

  it('when somebody is screened, and does not fit', async () => {
    const screening = screeningSchema.parse({
      questions: [
        { id: 'python', kind: 'choice', question: 'Do you write Python?', options: ['Yes', 'A little', 'No'] },
        { id: 'years', kind: 'number', question: 'For how many years?', min: 0, max: 80 },
      ],
      accept: { python: ['Yes'] },
    });
    const screenedOut = 'https://recruit.example/screened';
    await withEntry(web, { returnTo: { screenedOut } }, { screening });
    await context.route('https://recruit.example/**', (route) => route.fulfill({ body: 'there' }));
    await page.goto(`${web.address}/?study=crypto-api`);
    await part('to-consent').click();
    await part('survey-send').waitFor();
    await look('screening');
    await part('survey-send').click();
    await part('survey-summary').waitFor();
    await look('screening-problems');
    await page.getByLabel('No', { exact: true }).check();
    await page.getByLabel('For how many years?').fill('3');
    await part('survey-send').click();
    await part('back').waitFor();
    await look('screened');
    await part('back').click();
    await page.waitForURL(screenedOut);
    await page.goBack();
    await part('back').waitFor();
    assert.deepEqual(found, []);
  });

  it('after a captcha that failed', async () => {
    await context.route('https://challenges.cloudflare.com/**', (route) => route.abort());
    await consented(guarded.address);
    // At the end of a long page, but seen and read out at once.
    await page.locator('[data-test=captcha-failed]:focus').waitFor();
    assert.ok((await page.evaluate<number>('scrollY')) > 0);
    await look('captcha-failed');
    assert.deepEqual(found, []);
  });

  it('when somebody withdraws', async () => {
    await consented();
    await part('to-withdraw').click();
    await part('stay').waitFor();
    await look('withdraw');
    await part('withdraw').click();
    await part('withdrawn').waitFor();
    await look('withdrawn');
    assert.deepEqual(found, []);
  });

  it('at the end', async () => {
    const questions = [{ id: 'more', kind: 'text', question: 'What else?', required: false }];
    const exitSurvey = exitSurveySchema.parse({ questions, thanks: 'Results will be on **our site** next year.' });
    await withEntry(web, { returnTo: { completed: 'https://recruit.example/done' } }, { exitSurvey });
    await consented();
    await part('waiting-state').waitFor();
    // The page would go on by itself.
    await page.goto('about:blank');
    await web.database.query(`update participants set state = 'finished'`);
    await page.goto(`${web.address}/survey/questions`);
    await part('survey-send').click();
    await part('survey-thanks').waitFor();
    await look('thanks');
    await page.goto(`${web.address}/demo/exit-survey`);
    await look('demo-exit-survey');
    assert.deepEqual(found, []);
  });

  it('for whoever is refused, for whatever reason', async () => {
    await page.goto(`${web.address}/nowhere`);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await look('not-found');
    await web.database.query(`update studies set language = 'de', state = 'closed'`);
    await page.goto(`${web.address}/?study=crypto-api`);
    await look('closed-german');
    for (const code of Object.keys(refusalWords)) {
      for (const [size, language] of [
        ['desktop', 'en'],
        ['phone', 'de'],
      ] as const) {
        await page.setViewportSize(SIZES[size]);
        await page.goto(`${addressOf(refusing)}/${language}/${code}`);
        assert.equal(await part('refusal').getAttribute('data-code'), code);
        const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        if (over > 0) found.push(`${code}, ${language}: ${over} pixels wider than the screen`);
        found.push(...(await complaints(page)).map((complaint) => `${code}, ${language}: ${complaint}`));
      }
    }
    assert.deepEqual(found, []);
  });

  it('weigh less than 50 KB each, without pictures and what is fetched ahead', async () => {
    const weights: Record<string, number> = {};
    const weigh = async (name: string, action: () => Promise<unknown>): Promise<void> => {
      const responses: Response[] = [];
      const note = (response: Response): number => responses.push(response);
      page.on('response', note);
      await action();
      await page.waitForLoadState('load');
      page.off('response', note);
      const own = responses.filter((response) => !isAhead(response) && response.request().resourceType() !== 'image');
      assert.ok(
        own.some((response) => response.url().endsWith('/landing.css')),
        `${name}: not with its style sheet`,
      );
      const sizes = await Promise.all(own.map((response) => response.request().sizes()));
      weights[name] = sizes.reduce((sum, size) => sum + size.responseBodySize + size.responseHeadersSize, 0);
    };
    // Each page as if it was the first that this browser opens.
    await (await context.newCDPSession(page)).send('Network.setCacheDisabled', { cacheDisabled: true });
    await weigh('intro', () => page.goto(`${web.address}/?study=crypto-api`));
    await weigh('consent', () => part('to-consent').click());
    for (const box of await page.locator('input[name=consent]').all()) await box.check();
    await weigh('how-to', () => part('give-consent').click());
    await weigh('withdraw', () => part('to-withdraw').click());
    await weigh('withdrawn', () => part('withdraw').click());
    await weigh('not-found', () => page.goto(`${web.address}/nowhere`));
    const heavy = Object.entries(weights).filter(([, bytes]) => bytes > MAX_BYTES);
    assert.deepEqual(heavy, [], JSON.stringify(weights));
    // Less than this would be a page that was not measured.
    assert.ok(Math.min(...Object.values(weights)) > 1_000, JSON.stringify(weights));
  });
});

/** The notebook's files, which the consent page has fetched while it is read. */
function isAhead(response: Response): boolean {
  return response.request().headers()['sec-purpose'] === 'prefetch';
}

/** The real shell of the app, in which each refusal has an address. */
async function startRefusing({ settings }: RunningWeb): Promise<Server> {
  const app = createApp(settings, pino({ level: 'silent' }), { request: () => undefined }, createViews());
  const router = new Router();
  router.get('/assets/landing/:file', assetRoute(path.join(packageRoot, 'templates', 'assets'), false));
  router.get('/:language/:code', (ctx: Context) => {
    ctx.state.audience = { language: pathParameter(ctx, 'language'), texts: {} };
    throw refusal(pathParameter(ctx, 'code') as RefusalCode);
  });
  app.use(router.routes());
  const answer = app.callback();
  return listen((request, response) => void answer(request, response), '127.0.0.1:0');
}
