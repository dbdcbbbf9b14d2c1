/** Who gets to an instance, through Traefik and at its bare port: on everything real, with two participants. */
import assert from 'node:assert/strict';
import { instanceToken, tokenHash } from '../../src/platform/identity.js';
import { eventually, PlainParticipant, type RunningPlatform, startPlatform } from '../browser/running-platform.js';
import { KernelClient } from '../../src/simulate/kernel-client.js';
import { rawRequest, type RawRequest, websocketStatus } from './raw-request.js';

interface Place {
  readonly instance: string;
  /** The session cookie with its signature, as the browser would send it. */
  readonly cookie: string;
  /** The participant's kernel. */
  readonly kernel: string;
  /** The bare server. */
  readonly port: string;
}

type Headers = Readonly<Record<string, string>>;

describe('defect 17: an id opens nobody’s notebook', function () {
  this.timeout(180_000);
  let platform: RunningPlatform;
  let a: Place;
  let b: Place;

  before(async () => {
    platform = await startPlatform(2);
    [a, b] = [await settle(platform), await settle(platform)];
  });
  after(() => platform?.stop());

  const token = ({ instance }: Place) => instanceToken(platform.stack.environment['OBSERVATORY_SECRET']!, instance);
  const cookieOf = (place: Place): Headers => ({ cookie: place.cookie });
  const kernels = ({ instance }: Place) => `/proxy/${instance}/api/kernels`;
  const channels = (place: Place) => `${kernels(place)}/${place.kernel}/channels?session_id=one`;
  const forged = (place: Place): string =>
    place.cookie.replace(
      /(observatory\.sig=)(.)/,
      (_, name: string, first: string) => name + (first === 'A' ? 'B' : 'A'),
    );

  describe('through Traefik', () => {
    const through = (path: string, options: RawRequest = {}) => rawRequest(platform.stack.publicUrl, path, options);

    it('opens to the participant whose lease it is', async () => {
      const { status, text } = await through(kernels(a), { headers: cookieOf(a) });
      assert.equal(status, 200);
      assert.equal((JSON.parse(text) as { id: string }[])[0]?.id, a.kernel);
      assert.equal(await websocketStatus(platform.stack.publicUrl, channels(a), cookieOf(a)), 101);
      const origin = { ...cookieOf(a), origin: platform.stack.publicUrl };
      assert.equal(await websocketStatus(platform.stack.publicUrl, channels(a), origin), 101);
    });

    /** Everyone but the holder of a's lease, at a's kernels and at the channels of a's kernel alike. */
    const refused: readonly [who: string, headers: () => Headers, status: number][] = [
      ['no session', () => ({}), 401],
      ['a session with a forged signature', () => ({ cookie: forged(a) }), 401],
      ['a session without its signature', () => ({ cookie: a.cookie.replace(/;? ?observatory\.sig=[^;]*/, '') }), 401],
      ['a participant’s id under another’s signature', () => ({ cookie: mixed(a, b) }), 401],
      ['another participant', () => cookieOf(b), 403],
      [
        'another participant with a forged X-Forwarded-Uri',
        () => ({ ...cookieOf(b), 'x-forwarded-uri': kernels(b) }),
        403,
      ],
      [
        'another participant with a forged X-Original-URI',
        () => ({ ...cookieOf(b), 'x-original-uri': kernels(b) }),
        403,
      ],
      [
        'another participant with a forged X-Forwarded-Prefix',
        () => ({ ...cookieOf(b), 'x-forwarded-prefix': `/proxy/${b.instance}` }),
        403,
      ],
      ['no session and a forged X-Forwarded-Uri of open pages', () => ({ 'x-forwarded-uri': '/' }), 401],
      [
        'no session and a forged X-Forwarded-For',
        () => ({ 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' }),
        401,
      ],
      ['no session and a forged X-Forwarded-Host', () => ({ 'x-forwarded-host': 'gate' }), 401],
      ['no session and a garbled Authorization', () => ({ authorization: 'token garbage' }), 401],
      [
        'no session and Basic',
        () => ({ authorization: `Basic ${Buffer.from('participant:x').toString('base64')}` }),
        401,
      ],
      ['no session and the token of another instance', () => ({ authorization: `token ${token(b)}` }), 401],
      ['no session and even the instance’s own token', () => ({ authorization: `token ${token(a)}` }), 401],
      [
        'another participant and the instance’s own token',
        () => ({ ...cookieOf(b), authorization: `token ${token(a)}` }),
        403,
      ],
      ['a guessed probe key', () => ({ 'x-observatory-probe': 'f'.repeat(64) }), 401],
      ['the holder from a page on another site', () => ({ ...cookieOf(a), origin: 'https://elsewhere.example' }), 403],
      ['the holder from a page without an origin', () => ({ ...cookieOf(a), origin: 'null' }), 403],
      [
        'another site that forges the host',
        () => ({ ...cookieOf(a), origin: 'https://elsewhere.example', 'x-forwarded-host': 'elsewhere.example' }),
        403,
      ],
    ];
    for (const [who, headers, status] of refused) {
      it(`refuses ${who}: ${status}`, async () => {
        assert.equal((await through(kernels(a), { headers: headers() })).status, status);
        assert.equal(await websocketStatus(platform.stack.publicUrl, channels(a), headers()), status);
        const start = await through(kernels(a), { method: 'POST', headers: headers(), body: '{"name":"python3"}' });
        assert.equal(start.status, status);
      });
    }

    /** With the session of the holder of the lease: what she does not need, and every other spelling of a path. */
    const paths: readonly [
      what: string,
      path: (own: string, other: string) => string,
      status: number,
      method?: string,
    ][] = [
      ['terminals', (own) => `/proxy/${own}/api/terminals`, 403],
      ['contents', (own) => `/proxy/${own}/api/contents/`, 403],
      ['sessions', (own) => `/proxy/${own}/api/sessions`, 403],
      ['placing files', (own) => `/proxy/${own}/api/files/data.csv`, 403, 'PUT'],
      ['reading files', (own) => `/proxy/${own}/api/files/data.csv`, 403],
      ['configuration', (own) => `/proxy/${own}/api/config/notebook`, 403],
      ['conversion', (own) => `/proxy/${own}/api/nbconvert`, 403],
      ['extensions', (own) => `/proxy/${own}/api/lsp`, 403],
      ['a shutdown of the server', (own) => `/proxy/${own}/api/shutdown`, 403, 'POST'],
      ['files of the server', (own) => `/proxy/${own}/files/x`, 404],
      ['the tree of the original', (own) => `/proxy/${own}/tree`, 404],
      ['.. to the other instance', (own, other) => `/proxy/${own}/api/../../${other}/api/kernels`, 403],
      [
        'encoded dots to the other instance',
        (own, other) => `/proxy/${own}/api/%2e%2e/%2e%2e/${other}/api/kernels`,
        403,
      ],
      [
        'encoded slashes to the other instance',
        (own, other) => `/proxy/${own}/api/..%2f..%2f${other}%2fapi%2fkernels`,
        400,
      ],
      ['an encoded letter of a closed path', (own) => `/proxy/${own}/api/%74erminals`, 403],
      ['an encoded letter at the other instance', (_, other) => `/proxy/${other}/api/%6bernels`, 403],
      ['encoded percent signs', (own) => `/proxy/${own}/api/%252e%252e/kernels`, 400],
      ['a backslash', (own, other) => `/proxy/${own}/api/..\\..\\${other}\\api\\kernels`, 400],
      ['a semicolon', (own) => `/proxy/${own}/api/kernels;x/../terminals`, 403],
      ['a double slash', (own) => `/proxy/${own}//api/terminals`, 403],
      ['an id in capitals', (own) => `/proxy/${own.toUpperCase()}X/api/kernels`, 403],
      ['the gate itself', () => '/gate', 404],
      ['the gate under the instance', (own) => `/proxy/${own}/gate`, 404],
    ];
    for (const [what, path, status, method = 'GET'] of paths) {
      it(`refuses ${what}: ${status}`, async () => {
        const answer = await through(path(a.instance, b.instance), { method, headers: cookieOf(a) });
        assert.equal(answer.status, status, answer.text.slice(0, 300));
        assert.equal(answer.headers['authorization'], undefined);
      });
    }

    it('tells nobody whether an id exists', async () => {
      const unknown = { ...a, instance: '0'.repeat(12) };
      assert.equal((await through(kernels(unknown), { headers: cookieOf(b) })).status, 403);
      assert.equal((await through(kernels(unknown))).status, 401);
    });
  });

  describe('at the gate’s own port', () => {
    it('answers Traefik’s addresses alone', async () => {
      const gate = `http://${platform.stack.environment['OBSERVATORY_GATE_LISTEN']}`;
      const headers = { ...cookieOf(a), 'x-forwarded-uri': kernels(a) };
      const stranger = await rawRequest(gate, '/gate', { headers, localAddress: '127.0.0.9' });
      assert.deepEqual([stranger.status, stranger.headers['authorization']], [403, undefined]);
      const proxy = await rawRequest(gate, '/gate', { headers });
      assert.deepEqual([proxy.status, proxy.headers['authorization']], [200, `token ${token(a)}`]);
    });
  });

  describe('at the bare port', () => {
    it('opens to the token of this instance', async () => {
      const headers = { authorization: `token ${token(a)}` };
      assert.equal((await rawRequest(a.port, kernels(a), { headers })).status, 200);
      assert.equal(await websocketStatus(a.port, channels(a), headers), 101);
    });

    const refused: readonly [who: string, headers: () => Headers, query?: () => string][] = [
      ['no token', () => ({})],
      ['a wrong token', () => ({ authorization: `token ${'f'.repeat(64)}` })],
      ['an empty token', () => ({ authorization: 'token ' })],
      ['the token of another instance', () => ({ authorization: `token ${token(b)}` })],
      ['the hash that the instance knows', () => ({ authorization: `token ${tokenHash(token(a))}` })],
      ['Basic with the token', () => ({ authorization: `Basic ${Buffer.from(`x:${token(a)}`).toString('base64')}` })],
      ['the token in the address', () => ({}), () => `token=${token(a)}`],
      ['the token as a cookie', () => ({ cookie: `token=${token(a)}; username-localhost=${token(a)}` })],
      ['the participant’s session', () => cookieOf(a)],
      [
        'forged forwarding',
        () => ({ 'x-forwarded-user': 'participant', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-uri': kernels(a) }),
      ],
      ['the probe’s header', () => ({ 'x-observatory-probe': token(a) })],
    ];
    for (const [who, headers, query = () => ''] of refused) {
      it(`refuses ${who}: 403`, async () => {
        assert.equal((await rawRequest(a.port, `${kernels(a)}?${query()}`, { headers: headers() })).status, 403);
        assert.equal(await websocketStatus(a.port, `${channels(a)}&${query()}`, headers()), 403);
        const put = { method: 'PUT', headers: headers(), body: 'x' };
        assert.equal((await rawRequest(a.port, `/proxy/${a.instance}/api/files/x?${query()}`, put)).status, 403);
      });
    }

    for (const path of [
      'contents/',
      'terminals',
      'sessions',
      'config/x',
      'nbconvert',
      'me',
      'shutdown',
      'spec.yaml',
      'security/csp-report',
    ]) {
      it(`knows no ${path}, even with the token: 404`, async () => {
        const headers = { authorization: `token ${token(a)}` };
        assert.equal((await rawRequest(a.port, `/proxy/${a.instance}/api/${path}`, { headers })).status, 404);
      });
    }

    it('serves no page, no login, and nothing under the id of another instance', async () => {
      const headers = { authorization: `token ${token(a)}` };
      for (const path of [
        '/',
        '/login',
        '/lab',
        `/proxy/${a.instance}/`,
        `/proxy/${a.instance}/login`,
        `/proxy/${a.instance}/static/x`,
        kernels(b),
      ]) {
        assert.equal((await rawRequest(a.port, path, { headers })).status, 404, path);
      }
    });

    it('defect 18: knows no secret that a program could read', async () => {
      const server = { address: `${a.port}/proxy/${a.instance}/api/`, token: token(a) };
      const kernel = await KernelClient.start(server);
      const { status, printed } = await kernel.run(`import os
for pid in (os.getpid(), os.getppid()):
    print(open(f"/proc/{pid}/environ").read(), open(f"/proc/{pid}/cmdline").read())`);
      kernel.close();
      assert.equal(status, 'ok');
      assert.match(printed, /INSTANCE_TOKEN_HASH=/, 'the hash, which opens nothing');
      const { OBSERVATORY_SECRET: secret, DATABASE_URL: database, REDIS_URL: redis } = platform.stack.environment;
      for (const hidden of [token(a), token(b), secret!, database!, redis!]) assert.ok(!printed.includes(hidden));
      assert.doesNotMatch(printed, /NOMAD_TOKEN|CONSUL_|OBSERVATORY_|DATABASE_URL/);
    });

    it('defect 19: tells nothing of its insides when it fails', async () => {
      const headers = { authorization: `token ${token(a)}` };
      const wrong = await rawRequest(a.port, kernels(a), { method: 'POST', headers, body: '{' });
      assert.equal(wrong.status, 400);
      assert.doesNotMatch(wrong.text, /site-packages|File \\"|line \d+, in/);
    });
  });
});

async function settle(platform: RunningPlatform): Promise<Place> {
  const participant = new PlainParticipant(platform.stack.publicUrl);
  await participant.consent();
  const path = await eventually('an instance', () => participant.assigned());
  const instance = path.split('/')[2]!;
  // Started by the web app; its model is there once it runs.
  const kernel = await eventually('a kernel', async () => {
    const answer = await participant.request(`${path}api/kernels`);
    return answer.ok ? ((await answer.json()) as { id: string }[])[0]?.id : undefined;
  });
  return { instance, cookie: participant.cookie, kernel, port: await barePort(platform, instance) };
}

async function barePort(platform: RunningPlatform, instance: string): Promise<string> {
  const { CONSUL_HTTP_ADDR: consul, OBSERVATORY_INSTANCE_JOB: service } = platform.stack.environment;
  const answer = await fetch(`${consul}/v1/catalog/service/${service}`);
  const all = (await answer.json()) as { ServiceTags: string[]; ServiceAddress: string; ServicePort: number }[];
  const own = all.find(({ ServiceTags: tags }) => tags.some((tag) => tag.includes(`i-${instance}.`)))!;
  return `http://${own.ServiceAddress}:${own.ServicePort}`;
}

/** The id of the one and the signature of the other. */
function mixed(one: Place, other: Place): string {
  const part = (place: Place, name: string) => new RegExp(`${name}=[^;]+`).exec(place.cookie)![0];
  return `${part(one, 'observatory')}; ${part(other, 'observatory\\.sig')}`;
}
