/** How often somebody may ask, on a real Redis, and without one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { startWeb } from '../../src/cli/web.js';
import { openRedis } from '../../src/platform/redis.js';
import { addressOf, close, listen } from '../../src/platform/web/listener.js';
import { poll } from '../poll.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { type RawAnswer, rawRequest } from './raw-request.js';
import { RunningWeb } from './running-web.js';

describe('limits of requests', function () {
  this.timeout(300_000);

  describe('of each group', () => {
    let web: RunningWeb;
    let people = 0;
    before(async () => {
      web = await RunningWeb.start({ OBSERVATORY_LIMITS: 'pages=5/8,posts=3/4,polling=4/6,heartbeat=2/2,events=3/3' });
      // Until its connection to Redis is there, the web app counts by itself.
      const redis = openRedis(web.settings.REDIS_URL, () => undefined);
      await poll(
        'Redis counts',
        async () => {
          await ask('/', newAddress());
          return redis.status === 'ready' && (await redis.keys('observatory:limit:*')).length > 0;
        },
        20,
      );
      redis.disconnect();
    });
    after(() => web?.stop());
    afterEach(() => web.database.query(`truncate events, snapshots, leases, participants, instances cascade`));

    /** Somebody from an address that nobody has come from. */
    const newAddress = () => `203.0.113.${(people += 1)}`;
    const ask = (path: string, forwarded: string, more: Parameters<typeof rawRequest>[2] = {}, base = web.address) =>
      rawRequest(base, path, { ...more, headers: { 'x-forwarded-for': forwarded, ...more.headers } });
    const cookieFrom = (answer: RawAnswer) =>
      (answer.headers['set-cookie'] as string[]).map((cookie) => cookie.split(';')[0]).join('; ');
    const statuses = async (count: number, asking: () => Promise<RawAnswer>): Promise<number[]> => {
      const found: number[] = [];
      while (found.length < count) found.push((await asking()).status);
      return found;
    };

    it('refuse a session that asks too often with a page that says when to come again, and nobody else', async () => {
      const address = newAddress();
      const cookie = cookieFrom(await ask('/consent?study=crypto-api', address));
      assert.deepEqual(
        await statuses(5, () => ask('/consent', address, { headers: { cookie } })),
        [200, 200, 200, 200, 200],
      );
      const refused = await ask('/consent', address, { headers: { cookie } });
      assert.equal(refused.status, 429);
      const seconds = Number(refused.headers['retry-after']);
      assert.ok(seconds >= 1 && seconds <= 60, String(seconds));
      assert.match(refused.text, /data-code="too-many"[^]*<h1>Too many requests at once/);
      // 6 of the 8 of the address are used: the refused one took none.
      assert.deepEqual(await statuses(3, () => ask('/?study=crypto-api', address)), [200, 200, 429]);
      assert.equal((await ask('/?study=crypto-api', newAddress())).status, 200);
    });

    it('count IPv6 by /64', async () => {
      assert.deepEqual(await statuses(8, () => ask('/', `2001:db8::${(people += 1)}`)), Array(8).fill(200));
      assert.equal((await ask('/', '2001:db8::ffff')).status, 429);
      assert.equal((await ask('/', '2001:db8:0:1::1')).status, 200);
    });

    it('answer programs in JSON, unknown paths and methods too', async () => {
      const address = newAddress();
      assert.deepEqual(
        await statuses(5, () => ask('/nowhere', address, { method: 'DELETE' })),
        [404, 404, 404, 404, 429],
      );
      const refused = await ask('/proxy/0123456789ab/finish', address, { method: 'POST' });
      assert.equal(refused.status, 429);
      const body = JSON.parse(refused.text) as { error: string; retryAfter: number };
      assert.equal(body.error, 'too-many');
      assert.equal(String(body.retryAfter), refused.headers['retry-after']);
    });

    it('count a participant’s events by the session alone, so that nobody at the same address stops the record', async () => {
      await web.makeReady(1);
      const who = new PlainParticipant(web.address);
      await who.consent();
      const path = (await who.assigned())!;
      // A stranger at the same address (the tests’ own) takes all that the address has.
      await statuses(4, () => rawRequest(web.address, '/proxy/0123456789ab/events', { method: 'POST' }));
      assert.equal((await rawRequest(web.address, `${path}events`, { method: 'POST' })).status, 429);
      const headers = { 'content-type': 'application/json', 'x-observatory': '1' };
      const beat = () => who.request(`${path}events`, { method: 'POST', headers, body: '{"events":[]}' });
      const answers = [await beat(), await beat(), await beat(), await beat()].map(({ status }) => status);
      assert.equal(answers[3], 429);
      assert.ok(!answers.slice(0, 3).includes(429), String(answers));
    });

    it('hold for all web processes together, and for each alone while Redis is away; nobody sees an error', async () => {
      const settings = { ...web.settings, OBSERVATORY_LISTEN: '127.0.0.1:0', OBSERVATORY_GATE_LISTEN: '127.0.0.1:0' };
      const other = await startWeb(settings, pino({ level: 'silent' }));
      try {
        const address = newAddress();
        assert.deepEqual(await statuses(5, () => ask('/', address)), Array(5).fill(200));
        assert.deepEqual(await statuses(4, () => ask('/', address, {}, other.address)), [200, 200, 200, 429]);
        assert.equal((await ask('/', address)).status, 429);

        const redis = web.services.services.redis!;
        const later = newAddress();
        assert.deepEqual(await statuses(4, () => ask('/', later)), Array(4).fill(200));
        process.kill(redis.pid!, 'SIGKILL');
        await redis.exited;
        const without = await statuses(12, () => ask('/', later));
        assert.deepEqual(without, [...Array<number>(8).fill(200), ...Array<number>(4).fill(429)]);
        assert.equal((await ask('/', later, {}, other.address)).status, 200);

        await redis.restart();
        const anew = newAddress();
        await poll(
          'Redis counts again',
          async () => {
            const found = await statuses(9, () => ask('/', newAddress(), {}, other.address));
            await ask('/', anew);
            return found.every((status) => status === 200) && (await redisKeys(web)) > 0 ? true : undefined;
          },
          20,
        );
      } finally {
        await other.stop();
      }
    });
  });

  it('leave a lecture hall alone: 200 people behind one address start within a minute', async () => {
    const web = await RunningWeb.start();
    try {
      await web.withCaps({ maxParticipants: null, perAddressAndDay: null });
      const hall = Array.from({ length: 200 }, () => new PlainParticipant(web.address));
      const refused: string[] = [];
      const visit = async (who: PlainParticipant, path: string): Promise<void> => {
        const answer = await who.request(path);
        await answer.arrayBuffer();
        if (answer.status === 429) refused.push(path);
      };
      const start = async (who: PlainParticipant): Promise<void> => {
        await visit(who, '/?study=crypto-api');
        for (let file = 0; file < 10; file += 1) await visit(who, '/assets/landing/landing.css');
        await who.consent();
        for (let page = 0; page < 4; page += 1) await visit(who, '/howTo');
        for (let asked = 0; asked < 12; asked += 1) await visit(who, '/getAssignedInstance');
      };
      while (hall.length > 0) await Promise.all(hall.splice(0, 20).map(start));
      assert.deepEqual(refused, []);
    } finally {
      await web.stop();
    }
  });

  it('end the wait for who sends headers or a body drop by drop', async () => {
    const server = await listen(
      (request, response) => {
        request.resume().on('end', () => response.end('thanks'));
      },
      '127.0.0.1:0',
      { headersSeconds: 1, requestSeconds: 2 },
    );
    try {
      const { hostname, port } = new URL(addressOf(server));
      const drip = async (start: string, drop: string): Promise<string> => {
        const socket = connect(Number(port), hostname);
        await once(socket, 'connect');
        socket.write(start);
        const dripping = setInterval(() => socket.write(drop), 200);
        let answer = '';
        socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
        socket.on('error', () => undefined); // written to after the server closed it
        await once(socket, 'close');
        clearInterval(dripping);
        return answer;
      };
      const [headers, body] = await Promise.all([
        drip('GET / HTTP/1.1\r\nHost: x\r\n', 'X: y\r\n'),
        drip('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n', 'x'),
      ]);
      assert.match(headers, /^HTTP\/1\.1 408/);
      assert.match(body, /^HTTP\/1\.1 408/);
    } finally {
      await close(server);
    }
  });

  it('a server that closes waits for no client that keeps its connection', async () => {
    const server = await listen((_, response) => {
      setTimeout(() => response.end('late'), 300);
    }, '127.0.0.1:0');
    const answer = fetch(addressOf(server)).then((response) => response.text());
    await once(server, 'request');
    await close(server);
    assert.equal(await answer, 'late');
  });
});

async function redisKeys(web: RunningWeb): Promise<number> {
  const redis = openRedis(web.settings.REDIS_URL, () => undefined);
  try {
    await once(redis, 'ready');
    return (await redis.keys('observatory:limit:*')).length;
  } finally {
    redis.disconnect();
  }
}
