/** The original's addresses that survey pages and scripts read, on a real Postgres, with right and with wrong input. */
import assert from 'node:assert/strict';
import { ChangeSet } from '@codemirror/state';
import { publishStudy } from '../../src/participants/study-store.js';
import {
  codePayload,
  forgetEverybody,
  get,
  notebook,
  one,
  type Person,
  post,
  workingPerson,
  wrapped,
} from './old-people.js';
import { RunningWeb } from './running-web.js';

interface Task {
  readonly kind: string;
  readonly cells: readonly { readonly id: string; readonly type: string; readonly source: string }[];
}

const shown = (html: string | undefined): string => (html ?? '').replaceAll(/<[^>]*>/g, '').trim();

describe('the old addresses', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
    await web.withCaps({ perAddressAndDay: null });
  });
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  const edited = async (who: Person, text: string) => {
    const { document } = (await (await who.typist.get('notebook')).json()) as { document: { tasks: Task[] } };
    const cell = document.tasks.find(({ kind }) => kind === 'task')!.cells.find(({ type }) => type === 'code')!;
    const changes = ChangeSet.of({ from: 0, to: cell.source.length, insert: text }, cell.source.length);
    const opened = { width: 1, height: 1, language: 'en', resumed: false };
    await who.typist.send(
      who.typist.event('open', opened),
      who.typist.event('edit', who.typist.edit(changes), { cell: cell.id }),
    );
  };
  const codeOf = async (path: string) => JSON.parse((await get(web, path)).text) as Record<string, string>;

  it('shows the code of each task as it is now, in both forms of getcode', async () => {
    const who = await workingPerson(web);
    await edited(who, 'mine = "<b>"');
    const inPath = await get(web, `/getcode/${who.id}/${who.token}`);
    assert.equal(inPath.status, 200);
    assert.match(inPath.headers.get('content-type') ?? '', /^application\/json/);
    const code = JSON.parse(inPath.text) as Record<string, string>;
    assert.deepEqual(Object.keys(code).sort(), ['code0', 'code1', 'code2']);
    assert.match(
      code['code1']!,
      /^<div class="highlight"><pre><span><\/span><span class="n">mine<\/span> <span class="o">=/,
    );
    assert.match(code['code1']!, /&lt;b&gt;/);
    // The task's second cell, which checks the first.
    assert.match(code['code1']!, /<span class="nf">check_symmetric<\/span>|<span class="nf">check_asymmetric<\/span>/);
    assert.deepEqual(await codeOf(`/getcode/?uid=${who.id}&token=${who.token}`), code);
    assert.deepEqual(await codeOf(`/getcode?uid=${who.id}&token=${who.token}`), code);
    const style = await get(web, '/assets/pythonHighlighting.css');
    assert.match(style.headers.get('content-type') ?? '', /^text\/css/);
    assert.match(style.text, /\.highlight \.k,/);
  });

  it('defect 22: answers with what was handed in last, posted or written here', async () => {
    const who = await workingPerson(web);
    const address = `/getcode/${who.id}/${who.token}`;
    const handIn = (source: string, status = 'f') =>
      who.typist.post('submit', codePayload(who, { code: notebook(source), status }));
    await handIn('first');
    await handIn('second');
    await handIn('later, but not handed in', 'r');
    await who.typist.post('submit', codePayload(who, { code: 'no notebook', status: 'f' }));
    assert.equal(shown((await codeOf(address))['code1']), 'second');
    await edited(who, 'third');
    assert.match(shown((await codeOf(address))['code1']), /^third/);
    await handIn('fourth');
    assert.equal(shown((await codeOf(address))['code1']), 'fourth');
  });

  it('defect 19: hands the code to a function of the survey page, and to nothing else', async () => {
    const who = await workingPerson(web);
    const address = `/getcode/${who.id}/${who.token}?callback=`;
    const plain = await get(web, `/getcode/${who.id}/${who.token}`);
    for (const name of ['show', 'jQuery1124_17000', '$', 'survey.parts.show']) {
      const answer = await get(web, address + name);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('content-type') ?? '', /^text\/javascript/);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
      assert.equal(answer.headers.get('access-control-allow-origin'), '*');
      assert.equal(answer.text, `/**/${name}(${plain.text});`);
    }
    const bad = [
      '',
      '1a',
      'alert(1)//',
      'a;b',
      'a[0]',
      'a..b',
      'a%0Ab',
      '%3Cscript%3E',
      'ä',
      'a'.repeat(200),
      'a&callback=b',
    ];
    for (const name of bad) {
      for (const path of [address + name, `/heartbeat.php?userId=${who.id}&token=${who.token}&callback=${name}`]) {
        const answer = await get(web, path);
        assert.equal(answer.status, 400, name);
        assert.equal((JSON.parse(answer.text) as { error: string }).error, 'bad-callback');
      }
    }
  });

  it('defect 22: answers a wrong pair in the same shape, whichever of the two is wrong', async () => {
    const [who, other] = [await workingPerson(web), await workingPerson(web)];
    const pairs = [
      ...[`${who.id}/${other.token}`, `aaaaaaaaaaaa/${who.token}`, `${who.id}/x`, `${who.id}/%00`, `%00/${who.token}`],
      ...[`${who.id}/${who.token.toUpperCase()}`, `${who.id.toUpperCase()}/${who.token}`, `%zz/%zz`],
    ];
    for (const pair of pairs) {
      assert.equal((await get(web, `/getcode/${pair}`)).text, '"NotFound"');
      const jsonp = await get(web, `/getcode/${pair}?callback=f`);
      assert.deepEqual([jsonp.status, jsonp.text], [200, '/**/f("NotFound");']);
      for (const path of ['get_ipynb', 'getipynb']) {
        const answer = await get(web, `/${path}/${pair}`);
        assert.deepEqual([answer.status, (JSON.parse(answer.text) as { error: string }).error], [404, 'NotFound']);
      }
    }
    for (const query of [
      '',
      '?uid=',
      `?uid=${who.id}`,
      `?uid=${who.id}&token=x`,
      `?uid=${who.id}&token=${who.token}&token=x`,
    ]) {
      assert.equal((await get(web, `/getcode/${query}`)).text, '"NotFound"');
    }
  });

  it('hands out the notebook as it is, then as it was posted', async () => {
    const who = await workingPerson(web);
    await edited(who, 'mine');
    for (const path of ['get_ipynb', 'getipynb']) {
      const answer = await get(web, `/${path}/${who.id}/${who.token}`);
      const { nbformat, nbformat_minor, metadata, cells } = JSON.parse(answer.text) as {
        nbformat: number;
        nbformat_minor: number;
        metadata: { task_count: number; kernelspec: { name: string } };
        cells: { cell_type: string; source: string; metadata: { tasknum: number; runnable: boolean } }[];
      };
      assert.deepEqual([nbformat, nbformat_minor, metadata.task_count, metadata.kernelspec.name], [4, 5, 3, 'python3']);
      assert.ok(
        cells.some(({ source, metadata: { tasknum, runnable } }) => source === 'mine' && tasknum === 1 && runnable),
      );
    }
    await who.typist.post('submit', codePayload(who, { code: notebook('posted'), status: 'r' }));
    assert.deepEqual(JSON.parse((await get(web, `/get_ipynb/${who.id}/${who.token}`)).text), notebook('posted'));
  });

  it('defect 18: nobody ends a study without the token', async () => {
    const [who, other] = [await workingPerson(web), await workingPerson(web)];
    for (const pair of [`${who.id}/x`, `${who.id}/${other.token}`, `aaaaaaaaaaaa/${who.token}`, `${who.id}/%00`]) {
      assert.equal((await get(web, `/survey/${pair}`)).status, 404);
    }
    // Whoever only looks whether the address is there ends nothing either.
    await fetch(`${web.address}/survey/${who.id}/${who.token}`, { method: 'HEAD', redirect: 'manual' });
    assert.equal(await one(web, 'select state as it from participants where id = $1', who.id), 'working');
  });

  it('ends the study and its instance, and leads to the exit survey with the parameters that the study names', async () => {
    const docker = { condition: '%condition%', pid: '%participant%', origin: '%origin%' };
    for (const parameters of [undefined, docker]) {
      if (parameters !== undefined) {
        const caps = { ...web.study.caps, perAddressAndDay: null };
        await publishStudy(web.database, { ...web.study, caps, exitSurvey: { url: '/demo/exit-survey', parameters } });
      }
      const who = await workingPerson(web);
      const condition = await one<number>(web, 'select condition as it from participants where id = $1', who.id);
      const answer = await get(web, `/survey/${who.id}/${who.token}`);
      const location = new URL(answer.headers.get('location') ?? '', web.address);
      assert.deepEqual([answer.status, location.pathname], [302, '/demo/exit-survey']);
      assert.deepEqual(
        Object.fromEntries(location.searchParams),
        parameters === undefined
          ? { uid: who.id, tok: who.token, newtest: 'Y' }
          : { condition: String(condition), pid: who.id, origin: '0' },
      );
      assert.equal(await one(web, 'select state as it from participants where id = $1', who.id), 'finished');
      assert.equal(await one(web, 'select state as it from instances where id = $1', who.typist.instance), 'retiring');
    }
    await web.withCaps({ perAddressAndDay: null });
  });

  it('defect 1: a heartbeat counts by the user id, with the token or the session, whatever the instance is called', async () => {
    const [who, other] = [await workingPerson(web), await workingPerson(web)];
    const forget = () => web.database.query('update participants set heartbeat_at = null');
    const beats = () =>
      one<number>(web, 'select count(heartbeat_at)::int as it from participants where id = $1', who.id);
    const query = `userId=${who.id}&ec2instance=page.example&callback=jQuery1_2&_=1700000000000`;
    const right = await get(web, `/heartbeat.php?${query}&token=${who.token}`);
    assert.deepEqual([right.status, right.text, await beats()], [200, '/**/jQuery1_2({"ok":true});', 1]);
    await forget();
    assert.equal(await (await who.who.request(`/heartbeat?userId=${who.id}`)).text(), '{"ok":true}');
    assert.equal(await beats(), 1);
    await forget();
    for (const wrong of [
      query,
      `${query}&token=${other.token}`,
      `${query}&token=`,
      `token=${who.token}&callback=jQuery1_2`,
    ]) {
      assert.equal((await get(web, `/heartbeat.php?${wrong}`)).text, '/**/jQuery1_2("NotFound");');
    }
    assert.equal(await (await other.who.request(`/heartbeat?userId=${who.id}`)).text(), '"NotFound"');
    assert.equal(await beats(), 0);
  });

  it('writes no token into the log, and no participant', async () => {
    const who = await workingPerson(web);
    const pair = `${who.id}/${who.token}`;
    for (const path of [
      `/getcode/${pair}`,
      `/get_ipynb/${pair}`,
      `/getipynb/${pair}/more`,
      `/survey/${pair}`,
      `/getcode/?token=${who.token}`,
    ]) {
      await get(web, path);
    }
    await post(web, '/submit', wrapped(who, codePayload(who)));
    const log = JSON.stringify(web.lines);
    assert.ok(log.includes('/survey/…'));
    for (const known of [who.id, who.token, who.key]) assert.equal(log.includes(known), false);
  });
});
