/** The captcha on the consent page in Chromium: scripts of the test's own stand at the services' addresses and do what theirs do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { RunningWeb } from '../integration/running-web.js';
import { participants, withEntry } from '../integration/way-in.js';

/** By service, what its pages say that it loads: a second script, a frame, a style, a connection. */
const services = {
  'recaptcha-v2': {
    element: '.g-recaptcha',
    field: 'g-recaptcha-response',
    script: 'https://www.gstatic.com/recaptcha/releases/x/recaptcha__en.js',
    frame: 'https://www.google.com/recaptcha/api2/anchor',
    connect: 'https://www.google.com/recaptcha/api2/clr',
  },
  'recaptcha-v3': {
    script: 'https://www.gstatic.com/recaptcha/releases/x/recaptcha__en.js',
    frame: 'https://www.google.com/recaptcha/api2/anchor',
    connect: 'https://www.google.com/recaptcha/api2/clr',
  },
  hcaptcha: {
    element: '.h-captcha',
    field: 'h-captcha-response',
    script: 'https://newassets.hcaptcha.com/c/x/hsw.js',
    frame: 'https://newassets.hcaptcha.com/captcha/v1/x/static/hcaptcha.html',
    style: 'https://newassets.hcaptcha.com/x.css',
    connect: 'https://api.hcaptcha.com/checksiteconfig',
  },
  turnstile: {
    element: '.cf-turnstile',
    field: 'cf-turnstile-response',
    script: 'https://challenges.cloudflare.com/turnstile/v0/g/x/api.js',
    frame: 'https://challenges.cloudflare.com/cdn-cgi/challenge-platform/x',
  },
} as const;
type Service = Partial<Record<'element' | 'field' | 'script' | 'frame' | 'style' | 'connect', string>>;

/** Loads all of that, and fills in the token as the service's widget does. */
const widget = (service: Service): string => `(() => {
  const { element, field, script, frame, style, connect } = ${JSON.stringify(service)};
  const add = (tag, attributes, parent) => parent.append(Object.assign(document.createElement(tag), attributes));
  const start = () => {
    const place = document.querySelector(element ?? 'body');
    add('script', { src: script }, document.head);
    add('iframe', { src: frame }, place);
    if (style) add('link', { rel: 'stylesheet', href: style }, document.head);
    if (connect) fetch(connect).catch(() => undefined);
    if (field) add('textarea', { name: field, value: 'token ' + performance.timeOrigin, hidden: true }, place);
  };
  window.grecaptcha = { ready: (then) => then(), execute: async () => 'token ' + performance.timeOrigin };
  document.readyState === 'loading' ? addEventListener('DOMContentLoaded', start) : start();
})()`;

describe('the captcha in a browser', function () {
  this.timeout(180_000);
  let browser: Browser;
  let verifier: Server;
  let isPerson = false;

  before(async () => {
    verifier = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ success: isPerson, score: 0.9, action: 'consent' }));
    }).listen(0, '127.0.0.1');
    await once(verifier, 'listening');
    const launch = await chromiumLaunch(new Cache(undefined, () => undefined));
    browser = await chromium.launch({ headless: true, timeout: 30_000, ...launch });
  });
  after(async () => {
    await browser?.close();
    verifier.closeAllConnections();
    verifier.close();
  });

  for (const [kind, service] of Object.entries<Service>(services)) {
    it(`${kind}: its widget is let do what it does and nothing else, a failed check keeps what was ticked, a passed one leads on`, async () => {
      const web = await RunningWeb.start({
        OBSERVATORY_CAPTCHA: kind,
        OBSERVATORY_CAPTCHA_SITE_KEY: 'our-site-key',
        OBSERVATORY_CAPTCHA_SECRET: 'the-secret-of-the-captcha',
        OBSERVATORY_CAPTCHA_VERIFY_URL: `http://127.0.0.1:${(verifier.address() as AddressInfo).port}/`,
      });
      const context = await browser.newContext();
      try {
        await withEntry(web, {});
        const loaded = new Set<string>();
        await context.route(/^https:/, (route) => {
          const url = route.request().url();
          loaded.add(url);
          const isFirst = /\/api\.js(\?|$)/.test(url) && url !== service.script;
          const contentType = { document: 'text/html', stylesheet: 'text/css' }[route.request().resourceType()];
          const headers = { 'access-control-allow-origin': '*', 'content-type': contentType ?? 'text/javascript' };
          return route.fulfill({ headers, body: isFirst ? widget(service) : '' });
        });
        await context.addInitScript(
          `window.blocked = []; addEventListener('securitypolicyviolation', (e) => blocked.push(e.blockedURI));`,
        );
        const page = await context.newPage();
        page.setDefaultTimeout(20_000);
        await page.goto(`${web.address}/consent?study=crypto-api`);
        const wanted = [service.script, service.frame, service.style, service.connect].filter((url) => url);
        await check(page, wanted, loaded);
        for (const box of await page.locator('input[name=consent]').all()) await box.check();
        // By key: a click just after the page has scrolled may still hit the frame of another site.
        const submit = async (): Promise<void> => {
          await page.waitForLoadState('networkidle');
          await page.locator('[data-test=give-consent]').press('Enter');
        };
        isPerson = false;
        await submit();
        await page.locator('[data-test=captcha-failed]').waitFor();
        const boxes = await page.locator('input[name=consent]').all();
        assert.ok((await Promise.all(boxes.map((box) => box.isChecked()))).every(Boolean) && boxes.length > 0);
        isPerson = true;
        await submit();
        await page.locator('[data-test=waiting-state]').waitFor();
        assert.deepEqual(await participants(web, 'state'), [{ state: 'waiting' }]);
      } finally {
        await context.close();
        await web.stop();
      }
    });
  }

  async function check(page: Page, wanted: readonly (string | undefined)[], loaded: ReadonlySet<string>) {
    await page.waitForLoadState('networkidle');
    assert.deepEqual(await page.evaluate('blocked'), []);
    assert.deepEqual(
      wanted.filter((url) => !loaded.has(url!)),
      [],
    );
    await page.evaluate(`fetch('https://elsewhere.example/').catch(() => undefined)`);
    assert.deepEqual(await page.evaluate('blocked'), ['https://elsewhere.example/']);
  }
});
