/** What scripts post to the original's addresses, on a real Postgres: what is right is stored, all else is refused. */
import assert from 'node:assert/strict';
import { codePayload, forgetEverybody, notebook, one, post, time, workingPerson, wrapped } from './old-people.js';
import { RunningWeb } from './running-web.js';

describe('posting to the old addresses', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
    await web.withCaps({ perAddressAndDay: null });
  });
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  const rows = (table: string) => one<number>(web, `select count(*)::int as it from ${table}`);

  it('stores what is posted in both forms, by the session and by the credential', async () => {
    const who = await workingPerson(web);
    const paste = { type: 'pasted', user_id: who.id, token: who.token, tasknum: 1, cellid: 'cell3', code: 'a\0b' };
    assert.equal((await post(web, '/submit', wrapped(who, codePayload(who)))).status, 200);
    assert.equal((await post(web, `${who.typist.path}submit`, { ...paste, 'auth-token': who.key })).status, 200);
    const asText = { type: 'code', code: JSON.stringify(notebook('y')), time, status: 'n', reading: 'dev' };
    assert.equal((await who.typist.post('submit', asText)).status, 200);
    // With the session, whose it is does not depend on what the payload says.
    assert.equal((await who.typist.post('submit', { ...paste, user_id: 'aaaaaaaaaaaa' })).status, 200);
    const { rows: stored } = await web.database.query(
      'select participant_id as id, status, reading, code, time from submitted_code order by submitted_code.id',
    );
    assert.deepEqual(stored, [
      { id: who.id, status: 'r', reading: 'main', code: notebook('x = 1'), time },
      { id: who.id, status: 'n', reading: 'dev', code: notebook('y'), time },
    ]);
    const { rows: pastes } = await web.database.query(
      'select participant_id as id, tasknum, cellid, code from submitted_pastes',
    );
    const stored1 = { id: who.id, tasknum: '1', cellid: 'cell3', code: 'a\u2400b' };
    assert.deepEqual(pastes, [stored1, stored1]);
  });

  it('gives the page the credential of its instance, and no other', async () => {
    const who = await workingPerson(web);
    const { submitKey: key } = (await (await who.typist.get('notebook')).json()) as { submitKey: string };
    assert.equal(key, who.key);
  });

  it('defect 18: refuses what is wrong in words, and stores nothing of it', async () => {
    const [who, other] = [await workingPerson(web), await workingPerson(web)];
    const paste = { type: 'pasted', user_id: who.id, token: who.token, tasknum: '1', cellid: 'cell3', code: 'x' };
    const good = codePayload(who);
    const without = (field: string) => Object.fromEntries(Object.entries(good).filter(([name]) => name !== field));
    const at = `/proxy/${who.typist.instance}/submit`;
    const key = { 'auth-token': who.key };
    let deep: object = {};
    for (let level = 0; level < 1_000; level += 1) deep = { deep };
    const cases: [name: string, path: string, body: unknown, status: number, error: string][] = [
      ['the credential of another', '/submit', wrapped(who, good, other.key), 403, 'wrong-credential'],
      ["the original's public constant", '/submit', wrapped(who, good, 'secret'), 403, 'wrong-credential'],
      ['no credential', '/submit', { 'json-payload': JSON.stringify(good) }, 400, 'bad-request'],
      ['a plain payload at the wrapped address', '/submit', good, 400, 'bad-request'],
      ['the token of another', '/submit', wrapped(who, { ...good, token: other.token }), 403, 'wrong-credential'],
      ['the name of another', '/submit', wrapped(who, { ...good, user_id: other.id }), 403, 'wrong-credential'],
      ['the pair of another', '/submit', wrapped(who, codePayload(other)), 403, 'wrong-credential'],
      ['an unknown user', '/submit', wrapped(who, { ...good, user_id: 'aaaaaaaaaaaa' }), 404, 'unknown-user'],
      ['an impossible user', '/submit', wrapped(who, { ...good, user_id: '\0' }), 404, 'unknown-user'],
      ['a payload that is no JSON', '/submit', { ...key, 'json-payload': '{"type":' }, 400, 'not-json'],
      ['a payload that is no object', '/submit', wrapped(who, ['code']), 400, 'bad-request'],
      ['a body that is no JSON', '/submit', '{"auth-token"', 400, 'bad-request'],
      ['an unknown type', '/submit', wrapped(who, { ...good, type: 'codes' }), 400, 'bad-request'],
      ['no type', '/submit', wrapped(who, without('type')), 400, 'bad-request'],
      ['an unknown letter', '/submit', wrapped(who, { ...good, status: 'x' }), 400, 'bad-request'],
      ['an unknown reading', '/submit', wrapped(who, { ...good, reading: 'auth' }), 400, 'bad-request'],
      ['no code', '/submit', wrapped(who, without('code')), 400, 'bad-request'],
      ['code that is a number', '/submit', wrapped(who, { ...good, code: 5 }), 400, 'bad-request'],
      ['code that is nested too deep', '/submit', wrapped(who, { ...good, code: deep }), 400, 'bad-request'],
      ['a text of such code', '/submit', wrapped(who, { ...good, code: JSON.stringify(deep) }), 400, 'bad-request'],
      ['no user', '/submit', wrapped(who, without('user_id')), 400, 'bad-request'],
      ['a paste without its cell', '/submit', wrapped(who, { ...paste, cellid: undefined }), 400, 'bad-request'],
      ['no session and no credential', at, good, 401, 'no-session'],
      ['the credential of another instance', at, { ...good, 'auth-token': other.key }, 403, 'wrong-credential'],
      ['a right credential and another name', at, { ...codePayload(other), ...key }, 403, 'wrong-credential'],
      ['a right credential and an unknown name', at, { ...good, user_id: 'b', ...key }, 404, 'unknown-user'],
      ['an impossible instance', '/proxy/%00/submit', { ...good, ...key }, 403, 'wrong-credential'],
    ];
    for (const [name, path, body, status, error] of cases) {
      const answer = await post(web, path, body);
      assert.deepEqual([name, answer.status, answer.json.error], [name, status, error]);
      assert.match(answer.json.message ?? '', /\w+ \w+/, name);
    }
    assert.equal(
      (
        await other.who.request(at, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(good),
        })
      ).status,
      403,
    );
    assert.equal(
      (await post(web, '/submit', JSON.stringify(wrapped(who, good)), { 'content-type': 'text/plain' })).status,
      415,
    );
    assert.deepEqual([await rows('submitted_code'), await rows('submitted_pastes')], [0, 0]);
  });

  it('defect 20: takes 1,000,000 characters of code and not one more, however they are written', async () => {
    const who = await workingPerson(web);
    for (const character of ['a', '"', '\n', 'ä', '😀']) {
      const payload = (length: number) => codePayload(who, { code: character.repeat(length) });
      assert.equal((await post(web, '/submit', wrapped(who, payload(1_000_000)))).status, 200);
      const answer = await post(web, '/submit', wrapped(who, payload(1_000_001)));
      assert.deepEqual([answer.status, answer.json.error], [413, 'too-large']);
      assert.match(answer.json.message ?? '', /more than 1000000 characters/);
    }
    const paste = { type: 'pasted', tasknum: '1', cellid: 'c', code: 'a'.repeat(1_000_001) };
    assert.equal((await who.typist.post('submit', paste)).status, 413);
    assert.equal(
      (await who.typist.post('submit', codePayload(who, { code: notebook('a'.repeat(1_000_001)) }))).status,
      413,
    );
    assert.equal((await who.typist.post('submit', codePayload(who, { time: 'a'.repeat(1_000_001) }))).status, 413);
    const huge = await post(web, '/submit', `{"auth-token":"${'a'.repeat(33 << 20)}"}`);
    assert.deepEqual([huge.status, huge.json.error], [413, 'too-large']);
    assert.deepEqual([await rows('submitted_code'), await rows('submitted_pastes')], [5, 0]);
  });

  it('defect 21: says so when nothing was stored', async () => {
    const who = await workingPerson(web);
    await web.database.query('alter table submitted_code rename to away');
    const failed = await post(web, '/submit', wrapped(who, codePayload(who)));
    await web.database.query('alter table away rename to submitted_code');
    assert.deepEqual([failed.status, failed.json.error], [500, 'internal']);
    assert.equal((await who.typist.finish()).status, 200);
    const late = await post(web, '/submit', wrapped(who, codePayload(who)));
    assert.deepEqual([late.status, late.json.error], [410, 'ended']);
    assert.equal(await rows('submitted_code'), 0);
  });
});
