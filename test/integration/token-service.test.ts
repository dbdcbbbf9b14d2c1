/** The original's token service, played by a real HTTP server: what it is asked, and what its answers mean. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { PlainParticipant } from '../browser/running-platform.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { startProcess } from '../../src/local/stack.js';
import { poll } from '../poll.js';
import { forgetEverybody, one } from './old-people.js';
import { RunningWeb, SECRET } from './running-web.js';
import { answer, BOXES, giveConsent, participants, takePart, toConsent, visitor, withEntry } from './way-in.js';

const TOKENS = 'token=aaaaaaaaaaaa&token2=bbbbbbbbbbbb';
const LINK = `/?study=crypto-api&${TOKENS}`;
const EXPIRED = '403 token-expired';
const DOWN = '503 token-service-down';

describe('the token service', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  let service: Server;
  let asked: string[] = [];
  let agents: (string | undefined)[] = [];
  let says: (request: IncomingMessage, response: ServerResponse) => void;
  const text =
    (body: string, status = 200) =>
    (_: IncomingMessage, response: ServerResponse) =>
      void response.writeHead(status, { 'content-type': 'text/html' }).end(body);

  before(async () => {
    service = createServer((request, response) => {
      asked.push(request.url!);
      agents.push(request.headers['user-agent']);
      says(request, response);
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    web = await RunningWeb.start();
  });
  after(async () => {
    service.closeAllConnections();
    service.close();
    await web?.stop();
  });
  beforeEach(() => {
    [asked, agents, says] = [[], [], text('Valid')];
  });
  afterEach(() => forgetEverybody(web));

  const withService = (more: object = {}) => {
    const base = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const tokenService = { check: `${base}/token/gettoken/`, used: `${base}/token/settoken/`, ...more };
    return withEntry(web, { by: ['token-service'], tokenService });
  };
  const told = () => asked.filter((path) => path.includes('settoken'));

  it('defect 3: is asked at the intro and again at the post, and told once the place in the line is given', async () => {
    await withService();
    const who = await toConsent(web, LINK);
    const check = '/token/gettoken/aaaaaaaaaaaa/bbbbbbbbbbbb';
    assert.deepEqual(asked, [check, check]);
    assert.deepEqual(await participants(web, 'id, token, state'), [
      { id: 'aaaaaaaaaaaa', token: 'bbbbbbbbbbbb', state: 'arrived' },
    ]);
    assert.equal(await answer(giveConsent(who)), '303 /howTo');
    await poll('the service to be told', () => Promise.resolve(told().length > 0 ? true : undefined), 10);
    assert.deepEqual(asked, [check, check, check, '/token/settoken/aaaaaaaaaaaa/bbbbbbbbbbbb']);
    assert.deepEqual(new Set(agents), new Set(['LandingPage Token Verifier']));
    assert.doesNotMatch(JSON.stringify(web.lines), /bbbbbbbbbbbb/);
  });

  it('refuses what it calls expired or invalid, at the post too, and tells it nothing then', async () => {
    await withService();
    const who = await toConsent(web, LINK);
    says = text('Expired\n');
    assert.equal(await answer(visitor(web).request(LINK)), EXPIRED);
    assert.equal(await answer(giveConsent(who)), EXPIRED);
    says = text('Invalid');
    assert.match(await answer(visitor(web).request(LINK)), /^403 link-needed/);
    says = text('<html>Valid</html>');
    assert.match(await answer(giveConsent(who)), /^403 link-needed/);
    assert.deepEqual(told(), []);
    assert.deepEqual(await participants(web, 'state'), [{ state: 'arrived' }]);
  });

  it('lets the same participant go on, on another machine too, whatever it says by then', async () => {
    await withService();
    await takePart(web, LINK);
    says = text('Expired');
    const before = asked.length;
    assert.equal(await answer(visitor(web).request(LINK)), '302 /howTo');
    assert.equal(await answer(visitor(web).request(LINK.replace('bbb', 'ccc'))), '403 used-by-another');
    assert.ok(asked.slice(before).every((path) => path.includes('settoken')));
  });

  it('refuses while it is down, says so in the log, or admits and notes whom, as the study wants', async () => {
    await withService();
    for (const down of [
      text('Valid', 500),
      text('gone', 404),
      (_: IncomingMessage, response: ServerResponse) => void response.destroy(),
      text('x'.repeat(20_000)),
    ]) {
      says = down;
      const lines = web.lines.length;
      assert.equal(await answer(visitor(web).request(LINK)), DOWN);
      assert.ok(web.lines.slice(lines).some(({ msg }) => msg === 'the token service cannot be asked'));
    }
    assert.deepEqual(await participants(web, 'id'), []);
    await withEntry(web, {
      by: ['token-service'],
      tokenService: { check: 'http://127.0.0.1:9/', used: 'http://127.0.0.1:9/', whenDown: 'admit' },
    });
    await takePart(web, LINK);
    assert.deepEqual(await participants(web, 'state, recruitment'), [
      { state: 'waiting', recruitment: { tokenService: 'not asked' } },
    ]);
    assert.doesNotMatch(JSON.stringify(web.lines), /bbbbbbbbbbbb/);
  });

  it('is not waited for without end', async () => {
    await withService();
    says = () => undefined;
    assert.equal(await answer(visitor(web).request(LINK)), DOWN);
    const { body } = { body: new URLSearchParams(BOXES) };
    assert.equal(
      await answer(visitor(web).request(`/howTo.php?study=crypto-api&${TOKENS}`, { method: 'POST', body })),
      DOWN,
    );
  });

  it('is told again when it did not take it', async () => {
    await withService();
    says = (request, response) =>
      text('Valid', told().length === 1 && request.url!.includes('settoken') ? 503 : 200)(request, response);
    await takePart(web, LINK);
    await poll('the second try', () => Promise.resolve(told().length === 2 ? true : undefined), 20);
  });

  it('is told by another web process when the one that let somebody in was killed before it could', async () => {
    await withService();
    const hangs = (request: IncomingMessage, response: ServerResponse): void => {
      if (!request.url!.includes('settoken')) text('Valid')(request, response);
    };
    says = hangs;
    const cleanup = new Cleanup();
    const link = LINK.replace('bbb', 'ddd');
    try {
      const address = `http://${web.services.environment['OBSERVATORY_LISTEN']}`;
      const environment = { ...web.services.environment, OBSERVATORY_SECRET: SECRET, OBSERVATORY_PUBLIC_URL: address };
      const logDir = path.dirname(web.services.services.redis!.logFile!);
      const doomed = await startProcess({ environment, publicUrl: address, logDir }, cleanup, 'web');
      const who = await toConsent(web, link, new PlainParticipant(address));
      assert.equal(await answer(giveConsent(who)), '303 /howTo');
      await poll('the telling to begin', () => Promise.resolve(told().length > 0), 10);
      process.kill(doomed.pid, 'SIGKILL');
      await doomed.exited;
    } finally {
      await cleanup.stopAll();
    }
    const untold = [{ state: 'waiting', token_told_at: null }];
    assert.deepEqual(await participants(web, 'state, token_told_at'), untold);
    says = text('Valid');
    await poll(
      'another web process tells',
      async () => (await one<Date | null>(web, 'select token_told_at as it from participants')) !== null,
      40,
    );
    assert.deepEqual(new Set(told()), new Set(['/token/settoken/aaaaaaaaaaaa/dddbbbbbbbbb']));
    // Then it is told no more.
    const before = told().length;
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    assert.equal(told().length, before);
  });
});
