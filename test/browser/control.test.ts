/** The control pages in a browser: what a researcher clicks, and how the pages look to axe, on a desktop and a phone, in light and dark. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { loadStudy } from '../../bench/load-study.js';
import { addUser } from '../../src/control/access/users.js';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { freePort } from '../../src/local/ports.js';
import { CLIENT, OpenIdProvider } from '../integration/openid-provider.js';
import { RunningWeb } from '../integration/running-web.js';
import { PASSWORD } from '../integration/staff.js';
import { poll } from '../poll.js';
import { complaints } from './complaints.js';
import { somePeople } from './control-people.js';

/** `OBSERVATORY_PICTURES=docs/images` keeps a picture of each page there. */
const PICTURES = process.env['OBSERVATORY_PICTURES'];
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

describe('the control pages', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let provider: OpenIdProvider;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  before(async () => {
    const port = await freePort();
    const site = `http://127.0.0.1:${port}`;
    provider = await OpenIdProvider.start(`${site}/control/sign-in/oidc/callback`);
    web = await RunningWeb.start({
      ...{ OBSERVATORY_PUBLIC_URL: site, OBSERVATORY_LISTEN: `127.0.0.1:${port}` },
      ...{ OBSERVATORY_NOMAD_UI: 'https://nomad.example', OBSERVATORY_OIDC_ISSUER: provider.issuer },
      ...{ OBSERVATORY_OIDC_CLIENT_ID: CLIENT.id, OBSERVATORY_OIDC_CLIENT_SECRET: CLIENT.secret },
      ...{ OBSERVATORY_OIDC_ROLES: '*=admin', OBSERVATORY_INSTANCE_HOUR_COST: '0.012 EUR' },
    });
    await web.withCaps({ perAddressAndDay: null, maxParticipants: 400 });
    const launch = await chromiumLaunch(new Cache(undefined, () => undefined));
    browser = await chromium.launch({ headless: true, timeout: 30_000, ...launch });
    for (const role of ['viewer', 'researcher', 'admin'] as const)
      await addUser(web.database, { name: role, role, password: PASSWORD, studies: ['crypto-api'] }, 'test');
    await loadStudy(web.database, { study: web.study, participants: 240, events: 24_000 });
    await somePeople(web);
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: SIZES.desktop, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
  });
  afterEach(() => context.close());
  after(async () => {
    await browser?.close();
    await web?.stop();
    await provider?.stop();
  });

  const part = (name: string) => page.locator(`[data-test=${name}]`);
  async function signIn(name: string, password = PASSWORD): Promise<void> {
    await page.locator('input[name=name]').fill(name);
    await page.locator('input[name=password]').fill(password);
    await page.locator('[data-test=sign-in] button').click();
  }

  it('let a researcher sign in to the page that was asked for, pause the study, and sign out', async () => {
    const study = `${web.address}/control/studies/crypto-api`;
    await page.goto(study);
    await signIn('researcher', 'not the password');
    assert.match(await part('problem').innerText(), /The name or the password is wrong/);
    assert.equal(await page.locator('input[name=name]').inputValue(), 'researcher');
    await signIn('researcher');
    await part('funnel').waitFor();
    assert.equal(page.url(), study);
    await part('to-paused').click();
    await part('confirm').getByRole('link').click();
    assert.equal(await part('state').innerText(), 'open');
    for (const [to, expected] of [
      ['paused', 'paused'],
      ['open', 'open'],
    ] as const) {
      await part(`to-${to}`).click();
      await part('confirm').getByRole('button').click();
      await part('funnel').waitFor();
      assert.equal(await part('state').innerText(), expected);
    }
    await page.getByRole('button', { name: 'Sign out' }).click();
    await part('sign-in').waitFor();
    await page.goto(study);
    await part('sign-in').waitFor();
  });

  it('let somebody in who signs in at another site', async () => {
    provider.person = { sub: '4711', preferred_username: 'olga' };
    const study = `${web.address}/control/studies/crypto-api`;
    await page.goto(study);
    await part('elsewhere').click();
    await part('funnel').waitFor();
    assert.equal(page.url(), study);
    assert.equal(await part('visitor').innerText(), 'olga (admin)');
  });

  const setState = (state: string) => web.database.query('update studies set state = $1', [state]);
  /** What the page’s script asked for, besides the page itself. */
  const asked = () => {
    const addresses: string[] = [];
    page.on('request', (request) => {
      if (['xhr', 'eventsource'].includes(request.resourceType())) addresses.push(new URL(request.url()).pathname);
    });
    return addresses;
  };

  it('keep the overview up to date by a stream, until the session is over', async () => {
    const requests = asked();
    await page.goto(`${web.address}/control`);
    await signIn('viewer');
    const state = part('studies').locator('td').first();
    assert.equal(await state.innerText(), 'open');
    await setState('paused');
    await part('studies').getByText('paused').waitFor();
    assert.deepEqual([...new Set(requests)], ['/control/events']);
    await web.database.query('delete from accounts.sessions');
    await part('sign-in').waitFor();
    await setState('open');
  });

  it('leave alone what somebody reads, and show what is new when they are done', async () => {
    await page.goto(`${web.address}/control`);
    await signIn('viewer');
    const at = part('at');
    const link = part('studies').getByRole('link').first();
    await link.focus();
    await page.evaluate('window.kept = document.activeElement');
    await setState('paused');
    // Another page shows that it was told by now.
    const other = await context.newPage();
    await other.goto(`${web.address}/control`);
    const before = await other.locator('[data-test=at]').innerText();
    await poll('the other page is told', async () => (await other.locator('[data-test=at]').innerText()) > before, 30);
    await other.close();
    assert.equal(await page.evaluate('window.kept.isConnected'), true);
    const shown = await at.innerText();
    await page.evaluate('window.kept.blur()');
    await part('studies').getByText('paused').waitFor();
    assert.ok((await at.innerText()) > shown);
    await setState('open');
  });

  it('keep the overview up to date without a stream, and show it without scripts', async () => {
    await page.route('**/control/events', (route) => route.abort());
    await page.goto(`${web.address}/control`);
    await signIn('viewer');
    await part('studies').waitFor();
    await setState('paused');
    await part('studies').getByText('paused').waitFor();
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
    try {
      const still = await plain.newPage();
      await still.goto(`${web.address}/control`);
      await still.locator('[data-test=studies]').getByText('paused').waitFor();
      assert.match(await still.locator('[data-test=activity]').innerText(), /arrived within the last hour/);
    } finally {
      await plain.close();
      await setState('open');
    }
  });

  it('draw a study’s numbers, with links to its job in Nomad', async () => {
    const refused: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) refused.push(message.text());
    });
    await page.goto(`${web.address}/control`);
    await signIn('viewer');
    const job = part('studies').getByRole('link', { name: 'Job of crypto-api in Nomad' });
    assert.match((await job.getAttribute('href'))!, /^https:\/\/nomad\.example\/ui\/jobs\/observatory-instance@/);
    await page.goto(`${web.address}/control/studies/crypto-api`);
    for (const name of ['funnel', 'dropouts', 'cells', 'times', 'arrivals']) {
      const drawn = part(`plot-${name}`).getByRole('img');
      const box = (await drawn.boundingBox())!;
      assert.ok(box.width > 500 && box.height > 100, `${name}: ${box.width} by ${box.height}`);
    }
    const fill = () => page.evaluate(`getComputedStyle(document.querySelector('[data-test=plot-funnel] rect')).fill`);
    const light = await fill();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await fill();
    assert.notEqual(light, dark);
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    assert.equal(await fill(), light);
    assert.match(await part('each').innerText(), /^[\d.,]+ h, €/);
    assert.deepEqual(refused, []);
  });

  it('find a signed-in browser that comes by a link of another site', async () => {
    await page.goto(`${web.address}/control`);
    await signIn('viewer');
    await part('studies').waitFor();
    const elsewhere = web.address.replace('127.0.0.1', 'localhost');
    await page.route(`${elsewhere}/**`, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<a href="${web.address}/control/studies/crypto-api">study</a>`,
      }),
    );
    await page.goto(`${elsewhere}/`);
    await page.getByRole('link').click();
    await part('funnel').waitFor();
  });

  it('give axe nothing to complain about, on a desktop and a phone, light and dark', async () => {
    const found: string[] = [];
    const look = async (name: string): Promise<void> => {
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          const file = `control-${name}-${size}${colorScheme === 'dark' ? '-dark' : ''}.png`;
          if (PICTURES) await page.screenshot({ path: path.join(PICTURES, file), fullPage: true });
          found.push(...(await complaints(page)).map((complaint) => `${file}: ${complaint}`));
          assert.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width, file);
        }
      }
    };
    const at = (address: string) => page.goto(`${web.address}${address}`);
    await at('/control');
    await look('sign-in');
    await signIn('researcher', 'not the password');
    await look('sign-in-failed');
    await signIn('researcher');
    await part('studies').waitFor();
    await look('overview');
    await at('/control/studies/crypto-api');
    await look('study');
    await page.setViewportSize({ width: 794, height: 1123 });
    await page.emulateMedia({ media: 'print' });
    if (PICTURES) await page.screenshot({ path: path.join(PICTURES, 'control-study-printed.png'), fullPage: true });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 794, 'on paper');
    await page.emulateMedia({ media: 'screen' });
    await part('to-closed').click();
    await look('close');
    await at('/control/password');
    await look('password');
    await at('/control/account');
    await look('account');
    await at('/control/studies/other');
    await look('not-allowed');
    await at('/control/instances');
    await look('instances');
    await part('instances').locator('tr', { hasText: 'leased' }).getByRole('link').first().click();
    await look('instances-one');
    await part('replace').click();
    await look('instances-replace');
    await at('/control/audit?study=crypto-api');
    await look('audit');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn('admin');
    await part('studies').waitFor();
    await at('/control/users');
    await look('users');
    await at('/control/users/researcher');
    await look('users-one');
    await part('rights').click();
    await look('users-rights');
    await at('/control/users/researcher/password');
    await look('users-reset');
    await at('/control/users/viewer/disable');
    await look('users-disable');
    await at('/control/audit');
    await look('audit-all');
    await at('/control/users');
    await part('add').click();
    await page.locator('input[name=name]').fill('vera');
    await page.getByLabel('viewer').check();
    await page.getByLabel('crypto-api').check();
    await look('users-add');
    await part('confirm').getByRole('button').click();
    const password = await part('password').innerText();
    // A picture of one that is good would be odd.
    await page.evaluate(`document.querySelector('[data-test=password]').textContent = '72xkd-9mwqp-4hzcn-tbv36'`);
    await look('users-added');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn('vera', password);
    await part('first').waitFor();
    await look('password-first');
    assert.deepEqual(found, []);
  });
});
