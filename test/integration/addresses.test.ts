/** Participants' addresses on a real Postgres: whom they are believed from, how they are counted and what is kept of them. */
import assert from 'node:assert/strict';
import { forgetOldStarts } from '../../src/participants/address.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { rawRequest } from './raw-request.js';
import { RunningWeb } from './running-web.js';

describe('addresses of participants', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());
  afterEach(async () => {
    await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
    await web.database.query(`delete from counters where scope like 'address:%'`);
    await web.withCaps({});
  });

  interface From {
    /** 127.0.0.1 is the proxy. */
    readonly localAddress: string;
    readonly forwarded?: string;
  }

  /** Somebody new comes and consents: the status of the last answer. */
  async function start({ localAddress, forwarded }: From): Promise<number> {
    const headers = forwarded === undefined ? undefined : { 'x-forwarded-for': forwarded };
    const page = await rawRequest(web.address, '/consent?study=crypto-api', {
      localAddress,
      ...(headers && { headers }),
    });
    const cookies = (page.headers['set-cookie'] as string[]).map((cookie) => cookie.split(';')[0]).join('; ');
    const body = new URLSearchParams(web.study.consentBoxes.map(({ id }): [string, string] => ['consent', id]));
    const form = { cookie: cookies, 'content-type': 'application/x-www-form-urlencoded', ...headers };
    return (
      await rawRequest(web.address, '/howTo', { method: 'POST', localAddress, headers: form, body: body.toString() })
    ).status;
  }

  it('Defect 5: a forged X-Forwarded-For evades no cap, and clients of IPv6 are counted each by their /64', async () => {
    await web.withCaps({ perAddressAndDay: 2 });
    const direct = (forwarded: string): From => ({ localAddress: '127.0.0.2', forwarded });
    assert.equal(await start(direct('198.51.100.1')), 303);
    assert.equal(await start(direct('198.51.100.2')), 303);
    assert.equal(await start(direct('198.51.100.3')), 429);

    const behindProxy = (forwarded: string): From => ({ localAddress: '127.0.0.1', forwarded });
    assert.equal(await start(behindProxy('198.51.100.1, 203.0.113.7')), 303);
    assert.equal(await start(behindProxy('198.51.100.2, 203.0.113.7')), 303);
    assert.equal(await start(behindProxy('198.51.100.3, 203.0.113.7')), 429);

    assert.equal(await start(behindProxy('2001:db8:1:2::1')), 303);
    assert.equal(await start(behindProxy('2001:db8:1:2:3:4:5:6')), 303);
    assert.equal(await start(behindProxy('2001:db8:1:2:ffff::9')), 429);
    assert.equal(await start(behindProxy('2001:db8:1:3::1')), 303);
  });

  it('keeps a keyed hash only, another in each study, and the address itself where the study says so', async () => {
    await start({ localAddress: '127.0.0.1', forwarded: '203.0.113.7' });
    await start({ localAddress: '127.0.0.1', forwarded: '203.0.113.7' });
    const keeping = { ...web.study, id: 'keeping', entry: { ...web.study.entry, keepAddresses: true } };
    await publishStudy(web.database, keeping);
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    await rawRequest(web.address, '/consent?study=keeping', { headers });
    const { rows } = await web.database.query<{ study: string; address: string | null; key: string }>(
      'select study_id as study, address, address_key as key from participants order by arrived_at',
    );
    assert.deepEqual(
      rows.map(({ address }) => address),
      [null, null, '203.0.113.7'],
    );
    const [first, second, other] = rows.map(({ key }) => key);
    assert.match(first!, /^[0-9a-f]{32}$/);
    assert.equal(first, second);
    assert.notEqual(first, other);
    const { rows: stored } = await web.database.query<{ text: string }>(
      `select string_agg(t::text, '') as text from (select p::text from participants p where study_id <> 'keeping'
       union all select c::text from counters c union all select a::text from audit a) t`,
    );
    assert.doesNotMatch(stored[0]!.text, /203\.0\.113/);
  });

  it('forgets what was counted on the days before, and nothing else', async () => {
    await start({ localAddress: '127.0.0.2' });
    await web.database.query(
      `insert into counters (study_id, scope, name, value)
       select 'crypto-api', 'address:' || current_date - n, 'somebody', 1 from generate_series(1, 3) n`,
    );
    const counters = async () => (await web.database.query('select scope, name from counters')).rows.length;
    const before = await counters();
    assert.equal(await forgetOldStarts(web.database), 3);
    assert.equal(await counters(), before - 3);
    assert.equal(await forgetOldStarts(web.database), 0);
  });
});
