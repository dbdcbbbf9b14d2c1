/** The captcha on the consent page, with a real HTTP service of the test's own that says who is a person. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { type RunningWeb as StartedWeb, startWeb } from '../../src/cli/web.js';
import { readSettings, SettingsError } from '../../src/platform/settings.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { RunningWeb } from './running-web.js';
import { answer, BOXES, participants, withEntry } from './way-in.js';

const KINDS = ['recaptcha-v2', 'recaptcha-v3', 'hcaptcha', 'turnstile'] as const;
const FIELDS = {
  'recaptcha-v2': 'g-recaptcha-response',
  'recaptcha-v3': 'g-recaptcha-response',
  hcaptcha: 'h-captcha-response',
  turnstile: 'cf-turnstile-response',
} as const;
const SECRET_KEY = 'the-secret-of-the-captcha';

/** Takes each token once, as the services do. */
class Verifier {
  readonly asked: URLSearchParams[] = [];
  readonly used = new Set<string>();
  answers: (form: URLSearchParams) => { status?: number; body: unknown } | undefined = () => undefined;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<Verifier> {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const form = new URLSearchParams(body);
        verifier.asked.push(form);
        const { status = 200, body: said } = verifier.answers(form) ?? { body: verifier.verdict(form) };
        if (said === 'hang up') request.socket.destroy();
        else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
      });
    });
    const verifier = new Verifier(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return verifier;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/siteverify`;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private verdict(form: URLSearchParams): object {
    if (form.get('secret') !== SECRET_KEY) return { success: false, 'error-codes': ['invalid-input-secret'] };
    const token = form.get('response') ?? '';
    const [who, score, action] = token.split('_');
    if (who !== 'person' || this.used.has(token)) return { success: false, 'error-codes': ['timeout-or-duplicate'] };
    this.used.add(token);
    return { success: true, ...(Number(score) > 0 && { score: Number(score) }), ...(action && { action }) };
  }
}

describe('the captcha', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  let verifier: Verifier;
  const started: StartedWeb[] = [];
  const webs = {} as Record<(typeof KINDS)[number], string>;
  const environment = (kind: string) => ({
    OBSERVATORY_CAPTCHA: kind,
    OBSERVATORY_CAPTCHA_SITE_KEY: 'our-site-key',
    OBSERVATORY_CAPTCHA_SECRET: SECRET_KEY,
    OBSERVATORY_CAPTCHA_VERIFY_URL: verifier.url,
    OBSERVATORY_CAPTCHA_MIN_SCORE: '0.6',
  });
  before(async () => {
    verifier = await Verifier.start();
    web = await RunningWeb.start();
    for (const kind of KINDS) {
      const settings = { ...web.settings, ...readSettings({ ...asGiven(web), ...environment(kind) }) };
      const one = await startWeb(settings, pino({ level: 'silent' }));
      started.push(one);
      webs[kind] = one.address;
    }
  });
  after(async () => {
    for (const one of started) await one.stop();
    await web?.stop();
    await verifier?.stop();
  });
  beforeEach(async () => {
    await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
    await withEntry(web, {});
    verifier.answers = () => undefined;
    verifier.asked.length = 0;
  });

  const arrive = async (kind: (typeof KINDS)[number], study = 'crypto-api'): Promise<PlainParticipant> => {
    const who = new PlainParticipant(webs[kind]);
    const consent = await who.request(`/consent?study=${study}`);
    assert.equal(consent.status, 200, await consent.text());
    return who;
  };
  const post = (who: PlainParticipant, fields: Record<string, string>): Promise<Response> =>
    who.request('/howTo', { method: 'POST', body: new URLSearchParams([...BOXES, ...Object.entries(fields)]) });
  const states = async () => (await participants<{ state: string }>(web, 'state')).map(({ state }) => state);

  for (const kind of KINDS) {
    it(`lets in whom ${kind} takes for a person, and tells it the secret, the token and the address`, async () => {
      const who = await arrive(kind);
      const token = kind === 'recaptcha-v3' ? `person_0.6_consent` : `person_${kind}`;
      assert.equal(await answer(post(who, { [FIELDS[kind]]: token })), '303 /howTo');
      assert.deepEqual(Object.fromEntries(verifier.asked[0]!), {
        secret: SECRET_KEY,
        response: token,
        remoteip: '127.0.0.1',
        sitekey: 'our-site-key',
      });
      assert.deepEqual(await states(), ['waiting']);
    });

    it(`shows the consent page again, with what was ticked, to whom ${kind} does not`, async () => {
      const who = await arrive(kind);
      for (const fields of [
        {},
        { [FIELDS[kind]]: '' },
        { [FIELDS[kind]]: 'robot' },
        { [FIELDS[kind]]: 'x'.repeat(9_000) },
      ]) {
        const again = await post(who, fields);
        const page = await again.text();
        assert.equal(again.status, 400, page);
        assert.match(page, /data-test="captcha-failed"/);
        assert.equal(page.match(/type="checkbox"[^>]* checked/g)?.length, BOXES.length);
        assert.match(again.headers.get('content-security-policy')!, /script-src 'self' https:/);
      }
      assert.equal(verifier.asked.length, 1); // what cannot be a token is not asked about
      assert.deepEqual(await states(), ['arrived']);
    });
  }

  it('with scores takes no low one, none of another action, and none without one', async () => {
    for (const token of ['person_0.5_consent', 'person_0.9_login', 'person', 'person__consent']) {
      const who = await arrive('recaptcha-v3');
      assert.equal((await post(who, { 'g-recaptcha-response': token })).status, 400, token);
    }
  });

  it('when the service is away, says so with 503, lets nobody in and asks again the next time', async () => {
    const who = await arrive('turnstile');
    const token = { 'cf-turnstile-response': 'person_later' };
    for (const said of [
      { body: 'hang up' },
      { status: 500, body: { error: 'broken' } },
      { body: 'no verdict' },
      { body: { success: false, 'error-codes': ['invalid-input-secret'] } },
    ]) {
      verifier.answers = () => said;
      assert.match(await answer(post(who, token)), /^503 captcha-down/, JSON.stringify(said));
    }
    assert.deepEqual(await states(), ['arrived']);
    verifier.answers = () => undefined;
    assert.equal(await answer(post(who, token)), '303 /howTo');
  });

  it('asks once about a form that is sent twice at once', async () => {
    const who = await arrive('hcaptcha');
    const token = { 'h-captcha-response': 'person_twice' };
    const [first, second] = await Promise.all([answer(post(who, token)), answer(post(who, token))]);
    assert.deepEqual([first, second], ['303 /howTo', '303 /howTo']);
    assert.equal(verifier.asked.length, 1);
  });

  it('sends on who was let in by another web process with the same form', async () => {
    const who = await arrive('hcaptcha');
    const other = new PlainParticipant(webs['recaptcha-v2']);
    for (const [name, value] of who.cookies) other.cookies.set(name, value);
    verifier.answers = (form) => {
      if (form.get('response') !== 'robot') return undefined;
      return { body: { success: false } };
    };
    const [slow, quick] = await Promise.all([
      answer(post(other, { 'g-recaptcha-response': 'person_quick' })),
      answer(post(who, { 'h-captcha-response': 'person_quick' })),
    ]);
    assert.ok([slow, quick].includes('303 /howTo'), `${slow} ${quick}`);
    assert.equal(await answer(post(who, { 'h-captcha-response': 'robot' })), '303 /howTo');
  });

  it('gives a token of one session to no other', async () => {
    const token = { 'h-captcha-response': 'person_shared' };
    assert.equal(await answer(post(await arrive('hcaptcha'), token)), '303 /howTo');
    assert.equal((await post(await arrive('hcaptcha'), token)).status, 400);
  });

  it('widens the policy of the consent page, and of no other', async () => {
    const policyOf = async (base: string, path: string) =>
      (await fetch(`${base}${path}`)).headers.get('content-security-policy')!.replace(/'nonce-[^']+'/, 'NONCE');
    const strict = await policyOf(web.address, '/consent?study=crypto-api');
    assert.doesNotMatch(strict, /https:|frame-src/);
    for (const kind of KINDS) {
      const consent = await policyOf(webs[kind], '/consent?study=crypto-api');
      const host = { hcaptcha: 'https://hcaptcha.com', turnstile: 'https://challenges.cloudflare.com' }[kind as string];
      const found = host ?? 'https://www.google.com/recaptcha/';
      assert.ok(consent.includes(`script-src 'self' ${found}`) && consent.includes(`frame-src ${found}`), consent);
      assert.doesNotMatch(consent, /unsafe|\*(?!\.hcaptcha)/);
      for (const path of ['/?study=crypto-api', '/nowhere', '/howTo'])
        assert.equal(await policyOf(webs[kind], path), strict);
    }
  });

  it('stands on the page of no study that switches it off', async () => {
    await withEntry(web, { captcha: false });
    const who = new PlainParticipant(webs.turnstile);
    const page = await who.request('/consent?study=crypto-api');
    assert.doesNotMatch(await page.text(), /turnstile/);
    assert.doesNotMatch(page.headers.get('content-security-policy')!, /https:/);
    assert.equal(await answer(post(who, {})), '303 /howTo');
    assert.equal(verifier.asked.length, 0);
  });

  it('needs a site key and a secret', () => {
    assert.throws(
      () => readSettings({ ...asGiven(web), OBSERVATORY_CAPTCHA: 'turnstile' }),
      (error: SettingsError) =>
        error.problems.join('\n') ===
        'OBSERVATORY_CAPTCHA_SITE_KEY: not set; OBSERVATORY_CAPTCHA needs it\nOBSERVATORY_CAPTCHA_SECRET: not set; OBSERVATORY_CAPTCHA needs it',
    );
  });
});

/** The environment that `web` was started with, as far as it has to be given. */
function asGiven({ settings }: RunningWeb): Record<string, string> {
  return {
    ...{ DATABASE_URL: settings.DATABASE_URL, REDIS_URL: settings.REDIS_URL },
    ...{ OBSERVATORY_SECRET: settings.OBSERVATORY_SECRET, OBSERVATORY_PUBLIC_URL: settings.OBSERVATORY_PUBLIC_URL },
    ...{ OBSERVATORY_LISTEN: '127.0.0.1:0', OBSERVATORY_GATE_LISTEN: '127.0.0.1:0' },
  };
}
