/** 10,000 requests that no browser of ours would send, over every route of the app, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import fc from 'fast-check';
import { PlainParticipant } from '../browser/running-platform.js';
import { brokenInvariants } from './invariants.js';
import { malformedRequest, type Sent, type Who } from './malformed-request.js';
import { RunningWeb } from './running-web.js';

const REQUESTS = 10_000;
const AT_ONCE = 16;

describe('malformed requests', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  const cookies = {} as Record<Who, string>;
  let instance = '';
  before(async () => {
    web = await RunningWeb.start({
      OBSERVATORY_LIMITS: 'assets,pages,posts,polling,events,heartbeat,scripts'.replace(/\w+/g, '$&=1000000/1000000'),
    });
    await web.withCaps({ perAddressAndDay: null, maxParticipants: null });
    const somebody = async (): Promise<PlainParticipant> => {
      const who = new PlainParticipant(web.address);
      await who.request('/consent?study=crypto-api');
      return who;
    };
    const placed = async (): Promise<[PlainParticipant, string]> => {
      await web.makeReady(1);
      const who = await somebody();
      await who.consent();
      return [who, (await who.assigned())!];
    };
    const [working, path] = await placed();
    instance = path.split('/')[2]!;
    const [finished, done] = await placed();
    const json = { 'content-type': 'application/json', 'x-observatory': '1' };
    const end = await finished.request(`${done}finish`, { method: 'POST', headers: json, body: '{"seq":0}' });
    assert.equal(end.status, 200);
    const waiting = await somebody();
    await waiting.consent();
    Object.assign(cookies, {
      nobody: '',
      arrived: (await somebody()).cookie,
      waiting: waiting.cookie,
      working: working.cookie,
      finished: finished.cookie,
    });
    cookies.forged = working.cookie.replace(/(sig=).{4}/, '$1AAAA');
  });
  after(() => web?.stop());

  it(`${REQUESTS} over every route give no 5xx and no stack trace, and leave no row half written`, async function () {
    this.timeout(150_000);
    const routes = web.routes;
    assert.ok(routes.length > 25, `only ${routes.length} routes`);
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const wrong: string[] = [];
    const tally = new Map<number, number>();
    const reached = new Set<string>();
    const samples = fc.sample(malformedRequest(routes, instance, cookies), { numRuns: REQUESTS, seed: 20261125 });
    const next = samples.values();
    const sendAll = async (): Promise<void> => {
      for (const { route, sent } of next) {
        const { status, text } = await send(web.address, agent, sent);
        tally.set(status, (tally.get(status) ?? 0) + 1);
        if (status !== 404) reached.add(route);
        // What is broken of itself, such as a path that ends within an escape, is 4xx too; 503 says that a study is paused or an instance away.
        const isRefusal = status === 503 && text.includes('"error":"unreachable"');
        const leaks = /\bat .*:\d+:\d+|node_modules|\.ts:\d|syntax error at|pg_|select .* from /.test(text);
        if ((status >= 500 && !isRefusal) || leaks)
          wrong.push(
            `${status} ${sent.method} ${sent.path} ${JSON.stringify(sent.headers)} ${sent.body}\n  ${text.slice(0, 300)}`,
          );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sendAll));
    agent.destroy();
    console.log(`      answers: ${JSON.stringify(Object.fromEntries([...tally].sort(([a], [b]) => a - b)))}`);
    assert.deepEqual(wrong.slice(0, 10), []);
    assert.deepEqual(web.lines.filter(({ level }) => level >= 50).slice(0, 5), []);
    assert.ok(reached.size > routes.length / 2, `only ${reached.size} of ${routes.length} routes were reached`);
    assert.ok((tally.get(0) ?? 0) < REQUESTS / 100, 'too many were cut off without an answer');
    assert.equal((await fetch(`${web.address}/readyz`)).status, 200);
    assert.deepEqual(await brokenInvariants(web), []);
  });
});

function send(
  base: string,
  agent: Agent,
  { method, path, headers, body }: Sent,
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(base);
  const bytes = Buffer.from(body ?? '');
  const length = bytes.length > 0 ? { 'content-length': String(bytes.length) } : {};
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, agent, method, path, headers: { ...headers, ...length }, timeout: 20_000 },
      (answer) => {
        let text = '';
        answer.setEncoding('latin1').on('data', (part: string) => (text += part));
        answer.on('error', reject).on('end', () => {
          resolve({ status: answer.statusCode ?? 0, text });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // A refused body may be answered and cut off before it was sent.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve({ status: 0, text: '' });
      else reject(error);
    });
    sent.end(bytes);
  });
}
