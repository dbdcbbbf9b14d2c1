/** The control pages in a browser: what a researcher clicks, and how the pages look to axe, on a desktop and a phone, in light and dark. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { addUser } from '../../src/control/access/users.js';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { writePassReport } from '../../src/platform/pass-report.js';
import { freePort } from '../../src/local/ports.js';
import { CLIENT, OpenIdProvider } from '../integration/openid-provider.js';
import { RunningWeb } from '../integration/running-web.js';
import { PASSWORD } from '../integration/staff.js';
import { complaints } from './complaints.js';
import { PlainParticipant } from './running-platform.js';

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
      OBSERVATORY_OIDC_ROLES: '*=admin',
    });
    await web.withCaps({ perAddressAndDay: null, maxParticipants: 60 });
    const launch = await chromiumLaunch(new Cache(undefined, () => undefined));
    browser = await chromium.launch({ headless: true, timeout: 30_000, ...launch });
    for (const role of ['viewer', 'researcher', 'admin'] as const)
      await addUser(web.database, { name: role, role, password: PASSWORD, studies: ['crypto-api'] }, 'test');
    await somePeople();
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

  /** Ready instances, a failed one, and participants everywhere on the way. */
  async function somePeople(): Promise<void> {
    await web.makeReady(9);
    await web.database.query(
      `update instances set node = 'infra-' || (1 + right(id, 1)::int % 3), dispatched_at = ready_at - interval '4.2 s'`,
    );
    await web.database.query(
      `insert into instances (id, profile, state, reason, node, job_id) values ('00000000aa01', 'default', 'failed', $1, 'infra-2', 'job-aa01')`,
      ['The instance ended by itself. OOM Killed: the task used more than its 128 MB of memory.'],
    );
    for (let n = 0; n < 14; n += 1) {
      const who = new PlainParticipant(web.address);
      await who.consent();
      const at = n < 8 ? await who.assigned() : undefined;
      const headers = { 'content-type': 'application/json', 'x-observatory': '1' };
      if (n < 5) await who.request(`${at}finish`, { method: 'POST', headers, body: '{"seq":0}' });
      if (n > 5 && n < 10) await who.request('/withdraw', { method: 'POST', body: new URLSearchParams() });
    }
    for (let n = 0; n < 6; n += 1) await new PlainParticipant(web.address).request('/consent?study=crypto-api');
    const pool = { profile: 'default', job: 'observatory-instance', version: 1, min: 2, max: 10, maxInstances: 200 };
    const counts = { target: 4, waiting: 0, booting: 0, ready: 0, leased: 0, retiring: 0, failed: 0 };
    await web.database.query(`update leadership set holder = 'infra-3/4711/0a1b2c3d'`);
    await writePassReport(web.database, 0, {
      ...{ milliseconds: 41, actions: { dispatch: { done: 2, failed: 0 } }, drained: false },
      problems: ['Pool default: no node has 128 MB of memory left; 2 placements wait.'],
      pools: [{ ...pool, ...counts }],
    });
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

  it('keep the overview up to date', async () => {
    await page.goto(`${web.address}/control`);
    await signIn('viewer');
    const state = part('studies').locator('td').first();
    assert.equal(await state.innerText(), 'open');
    await web.database.query(`update studies set state = 'paused'`);
    await part('studies').getByText('paused').waitFor();
    await web.database.query('delete from accounts.sessions');
    await part('sign-in').waitFor();
    await web.database.query(`update studies set state = 'open'`);
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
