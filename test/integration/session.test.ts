/** The session's cookie, and what becomes of it when the secret changes. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { startWeb } from '../../src/cli/web.js';
import { readSettings } from '../../src/platform/settings.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { RunningWeb, SECRET } from './running-web.js';
import { answer, takePart, visitor } from './way-in.js';

describe('the session', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());

  const STUDY = '/?study=crypto-api';
  /** Another web app on the same database. */
  const withSettings = async (environment: object, work: (address: string) => Promise<void>) => {
    const own = {
      OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1',
      OBSERVATORY_LISTEN: '127.0.0.1:0',
      OBSERVATORY_GATE_LISTEN: '127.0.0.1:0',
    };
    const other = await startWeb(
      readSettings({ ...web.services.environment, ...own, ...environment }),
      pino({ level: 'silent' }),
    );
    await work(other.address).finally(() => other.stop());
  };
  const carriedTo = (address: string, who: PlainParticipant) => {
    const there = new PlainParticipant(address);
    for (const [name, value] of who.cookies) there.cookies.set(name, value);
    return there;
  };
  const cookies = async (response: Promise<Response>) => (await response).headers.getSetCookie();

  it('is a cookie that no script reads and no other site sends along, over https only there', async () => {
    const plain = await cookies(visitor(web).request('/consent?study=crypto-api'));
    assert.equal(plain.length, 2);
    for (const line of plain)
      assert.match(line, /^observatory(\.sig)?=[\w-]+; path=\/; expires=[^;]+; samesite=lax; httponly$/i);
    await withSettings(
      { OBSERVATORY_SECRET: SECRET, OBSERVATORY_PUBLIC_URL: 'https://study.example' },
      async (address) => {
        const secure = await cookies(new PlainParticipant(address).request('/consent?study=crypto-api'));
        assert.equal(secure.length, 2);
        for (const line of secure) assert.match(line, /; secure; httponly$/i);
      },
    );
  });

  it('stays good when the secret is rotated, and is then signed anew for 30 days', async () => {
    let who = new PlainParticipant('');
    await withSettings({ OBSERVATORY_SECRET: 'o'.repeat(32) }, async (address) => {
      who = await takePart(web, STUDY, new PlainParticipant(address));
    });
    const rotated = {
      OBSERVATORY_SECRET: 'n'.repeat(32),
      OBSERVATORY_OLD_SECRETS: `${'p'.repeat(32)}, ${'o'.repeat(32)}`,
    };
    await withSettings(rotated, async (address) => {
      const there = carriedTo(address, who);
      const anew = await cookies(there.request(STUDY));
      assert.deepEqual(anew.map((line) => line.split('=')[0]).sort(), ['observatory', 'observatory.sig']);
      for (const line of anew) assert.match(line, /expires=[^;]+; samesite=lax; httponly$/i);
      assert.equal(await answer(there.request(STUDY)), '302 /howTo');
      assert.deepEqual(await cookies(there.request(STUDY)), []);
      await withSettings({ OBSERVATORY_SECRET: 'n'.repeat(32) }, async (later) => {
        assert.equal(await answer(carriedTo(later, there).request(STUDY)), '302 /howTo');
      });
    });
  });

  it('ends with a secret that is given up', async () => {
    const who = await takePart(web, STUDY);
    await withSettings({ OBSERVATORY_SECRET: 'n'.repeat(32) }, async (address) => {
      assert.equal(await answer(carriedTo(address, who).request(STUDY)), '200');
    });
  });
});
