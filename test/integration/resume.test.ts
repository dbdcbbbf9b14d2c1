/** What a participant finds again: the notebook, the task, the cursor, the time at it, and where the kernel is now. */
import assert from 'node:assert/strict';
import { ChangeSet } from '@codemirror/state';
import { PostgresStore } from '../../src/manager/store.js';
import type { NotebookState } from '../../src/submit/notebook-state.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { Typist } from './typist.js';
import { RunningWeb } from './running-web.js';

describe('resuming', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());
  afterEach(async () => {
    await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
    await web.database.query('update counters set value = 0');
    await web.withCaps({});
  });

  const working = async (): Promise<Typist> => {
    await web.withCaps({ perAddressAndDay: null });
    await web.makeReady(1);
    const who = new PlainParticipant(web.address);
    await who.consent();
    return Typist.at(who, await who.assigned());
  };
  const found = async (who: Typist) => (await (await who.get('notebook')).json()) as NotebookState;

  it('finds the text of each cell, the outputs, the task and the cursor exactly as they were', async () => {
    const who = await working();
    const { document } = await found(who);
    const [introduction, task] = document.tasks;
    const cell = task!.cells.find(({ type }) => type === 'code')!;
    const other = introduction!.cells.find(({ type }) => type === 'code')!;
    const length = cell.source.length;
    await who.send(
      who.event('open', { width: 1, height: 1, language: 'en', resumed: false }),
      who.event('start', { to: 1 }, { task: introduction!.id }),
      who.event('edit', who.edit(ChangeSet.of({ from: 0, insert: 'a = "🔐"\r\n' }, length)), { cell: cell.id }),
      who.event('run', { source: `a = "🔐"\n${cell.source}` }, { cell: cell.id }),
      who.event(
        'output',
        {
          outputs: [{ output_type: 'stream', name: 'stdout', text: '1\n' }],
          ...{ executionCount: 3, status: 'ok', cut: 0, milliseconds: 5 },
        },
        { cell: cell.id },
      ),
    );
    const middle = await found(who);
    assert.deepEqual(middle.state, { ...middle.state, task: 1, acknowledged: 5, cursor: { cell: cell.id, offset: 9 } });
    await who.send(
      who.event('edit', who.edit(ChangeSet.of({ from: 3, to: 9, insert: '' }, length + 9)), { cell: cell.id }),
      who.event('edit', who.edit(ChangeSet.of({ from: 0, insert: '# mine\n' }, other.source.length)), {
        cell: other.id,
      }),
    );
    const { state, document: now } = await found(who);
    assert.deepEqual([state.task, state.acknowledged, state.cursor], [1, 7, { cell: cell.id, offset: 3 }]);
    const cells = new Map(now.tasks.flatMap(({ cells }) => cells).map((each) => [each.id, each]));
    const rebuilt = cells.get(cell.id);
    assert.equal(rebuilt?.source, `a =${cell.source}`);
    assert.ok(rebuilt?.type === 'code' && rebuilt.executionCount === 3 && rebuilt.outputs.length === 1);
    assert.equal(cells.get(other.id)?.source, `# mine\n${other.source}`);
  });

  it('goes on from the last snapshot with the events after it', async () => {
    const who = await working();
    const { document } = await found(who);
    const cell = document.tasks[1]!.cells.find(({ type }) => type === 'code')!;
    await who.send(who.event('open', { width: 1, height: 1, language: 'en', resumed: false }));
    const snapshot = structuredClone(document);
    snapshot.tasks[1]!.cells.find(({ id }) => id === cell.id)!.source = 'short';
    await who.sendWith({ seq: 1, document: snapshot });
    await who.send(who.event('edit', who.edit(ChangeSet.of({ from: 5, insert: '!' }, 5)), { cell: cell.id }));
    const now = await found(who);
    assert.equal(now.document.tasks[1]!.cells.find(({ id }) => id === cell.id)!.source, 'short!');
    assert.equal(now.state.acknowledged, 2);
  });

  it('locks nobody out for edits that do not fit: the cell stands as in the last snapshot, loudly, the others are exact', async () => {
    const who = await working();
    const { document } = await found(who);
    const [broken, fine] = document.tasks.flatMap(({ cells }) => cells).filter(({ type }) => type === 'code');
    await who.send(
      who.event('open', { width: 1, height: 1, language: 'en', resumed: false }),
      who.event('edit', who.edit(ChangeSet.of({ from: 7, insert: 'x' }, 7)), { cell: broken!.id }),
      who.event('edit', { withheld: true, characters: 9 }, { cell: broken!.id }),
      who.event('edit', who.edit(ChangeSet.of({ from: 0, insert: 'y' }, fine!.source.length)), { cell: fine!.id }),
    );
    const now = await found(who);
    const cells = new Map(now.document.tasks.flatMap((task) => task.cells).map((cell) => [cell.id, cell.source]));
    assert.equal(cells.get(broken!.id), broken!.source);
    assert.equal(cells.get(fine!.id), `y${fine!.source}`);
    assert.ok(web.lines.some(({ level, msg }) => level === 50 && msg.includes('edits do not fit')));
  });

  it('counts the time at a task over reloads, and not the time away', async () => {
    const who = await working();
    const open = { width: 1, height: 1, language: 'en', resumed: false };
    await who.send(who.event('open', open, { clock: 0 }), who.event('start', { to: 1 }, { clock: 50_000 }));
    await who.send(who.event('focus', {}, { clock: 110_000 }));
    await web.database.query(`update events set received_at = now() - interval '1 day'`);
    await web.database.query(`update participants set heartbeat_at = now() - interval '1 day' + interval '75 seconds'`);
    assert.equal(Math.round((await found(who)).state.taskSeconds), 75);
    who.reload();
    await who.send(who.event('open', open, { clock: 400 }), who.event('focus', {}, { clock: 20_400 }));
    const { taskSeconds } = (await found(who)).state;
    assert.equal(Math.round(taskSeconds), 80);
    await who.send(who.event('time-up', { to: 2 }, { clock: 30_000 }));
    const { state } = await found(who);
    assert.equal(state.task, 2);
    assert.ok(state.taskSeconds < 1, String(state.taskSeconds));
  });

  it('tells a page whose instance is gone where its kernel is now, and serves it from the line', async () => {
    const who = await working();
    const store = new PostgresStore(web.database);
    const place = async () => {
      const answer = await who.get('place');
      return [answer.status, ((await answer.json()) as { instance?: string | null }).instance];
    };
    assert.deepEqual(await place(), [200, who.instance]);
    const term = await store.raiseTerm('test');
    await store.leave(term, { id: who.instance, from: ['leased'], to: 'failed', reason: 'its node was lost' });
    assert.deepEqual(await place(), [200, null]);
    const [next] = await web.makeReady(1);
    assert.deepEqual(await place(), [200, next]);
    await who.send(who.event('open', { width: 1, height: 1, language: 'en', resumed: false }));
    assert.equal((await new PlainParticipant(web.address).request(`${who.path}place`)).status, 401);
    const stranger = await working();
    assert.equal((await stranger.who.request(`${who.path}place`)).status, 403);
    assert.equal((await who.finish()).status, 200);
    assert.deepEqual(await place(), [410, undefined]);
  });
});
