/** The control pages on a host name of their own, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { RunningWeb } from './running-web.js';

const CONTROL = 'control.example';

describe('control pages with a host of their own', function () {
  this.timeout(60_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start({ OBSERVATORY_CONTROL_URL: `https://${CONTROL}` });
  });
  after(() => web?.stop());

  /** `fetch` sets the Host itself. */
  const get = (host: string, path: string): Promise<{ status: number; cookies: string; location: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(path, web.address), { headers: { host, accept: 'text/html' } }, (answer) => {
        answer.resume().on('end', () => {
          const { 'set-cookie': cookies = [], location = '' } = answer.headers;
          resolve({ status: answer.statusCode!, cookies: cookies.join('\n'), location });
        });
      });
      sent.on('error', reject).end();
    });

  it('are on that host alone', async () => {
    for (const [path, onControl, elsewhere] of [
      ['/control', 401, 404],
      ['/Control', 401, 404],
      ['/CONTROL/sign-in/', 200, 404],
      ['/control/sign-in', 200, 404],
      ['/?study=crypto-api', 302, 200],
      ['/consent?study=crypto-api', 404, 200],
      ['/proxy/0123456789ab/', 404, 401],
      ['/assets/landing/control.css', 200, 200],
      ['/healthz', 200, 200],
    ] as const) {
      assert.equal((await get(CONTROL, path)).status, onControl, `${CONTROL} ${path}`);
      for (const host of ['study.example', `${CONTROL}.study.example`, `${CONTROL}:8443`])
        assert.equal((await get(host, path)).status, elsewhere, `${host} ${path}`);
    }
    assert.equal((await get(CONTROL, '/')).location, '/control');
  });

  it('have cookies that are secure with https, whatever the participants’ address is', async () => {
    assert.match((await get(CONTROL, '/control/sign-in')).cookies, /^observatory-control-form=.*; secure/);
  });
});
