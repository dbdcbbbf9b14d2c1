/** Nothing that participants type is lost or doubled, whatever becomes of the web app and of Redis meanwhile. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeSet } from '@codemirror/state';
import { Redis } from 'ioredis';
import { Cleanup } from '../../src/local/cleanup.js';
import { startServices } from '../../src/local/index.js';
import type { ManagedProcess } from '../../src/local/process.js';
import { startProcess } from '../../src/local/stack.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { notebookState } from '../../src/submit/notebook-state.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { Typist } from '../integration/typist.js';
import { poll } from '../poll.js';

const PARTICIPANTS = 20;
const RESTARTS = 3;
const opened = { width: 1, height: 1, language: 'en', resumed: false };

describe('the record', function () {
  this.timeout(300_000);
  let runDir: string;
  let cleanup: Cleanup;
  let database: Database;
  let redis: Redis;
  let web: ManagedProcess;
  let address: string;
  let startWeb: () => Promise<ManagedProcess>;

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-record-'));
    cleanup = new Cleanup();
    const services = await startServices({ runDir, only: ['postgres', 'redis'], cleanup });
    address = `http://${services.environment['OBSERVATORY_LISTEN']}`;
    database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
    redis = new Redis(services.environment['REDIS_URL']!);
    await migrate(database);
    const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    await publishStudy(database, { ...study, caps: { maxParticipants: null, perAddressAndDay: null } });
    const environment = {
      ...services.environment,
      OBSERVATORY_SECRET: 'a secret of the record tests, long enough',
      OBSERVATORY_PUBLIC_URL: address,
    };
    startWeb = () =>
      startProcess({ environment, publicUrl: address, logDir: path.join(runDir, 'logs') }, cleanup, 'web');
    web = await startWeb();
  });
  after(async () => {
    redis?.disconnect();
    await database?.end();
    await cleanup?.stopAll();
    await rm(runDir, { recursive: true, force: true });
  });

  async function kill(): Promise<void> {
    process.kill(web.pid, 'SIGKILL');
    await web.exited;
  }

  async function typist(number: number): Promise<Typist> {
    const instance = number.toString(16).padStart(12, '0');
    await database.query(
      `insert into instances (id, profile, state, job_id, ready_at) values ($1, 'default', 'ready', 'job-' || $1, now())`,
      [instance],
    );
    const who = new PlainParticipant(address);
    await who.consent();
    return Typist.at(who, await who.assigned());
  }

  const ofTypist = async (
    who: Typist,
  ): Promise<{ id: string; last_seq: string; duplicates: string; strays: string }> => {
    const { rows } = await database.query<{ id: string; last_seq: string; duplicates: string; strays: string }>(
      `select p.* from participants p join leases l on l.participant_id = p.id where l.instance_id = $1`,
      [who.instance],
    );
    return rows[0]!;
  };

  const lossOf = async (): Promise<number> => {
    const { rows } = await database.query<{ lost: number }>(
      `select coalesce(sum(value), 0)::int as lost from counters where scope = 'record'`,
    );
    return rows[0]!.lost;
  };

  it('is whole when the web app is killed and Redis wiped, again and again, while 20 participants type', async () => {
    const typists = await Promise.all(Array.from({ length: PARTICIPANTS }, (_, number) => typist(number + 1)));
    let typing = true;
    const texts = typists.map((who, number) => type(who, `participant ${number} 🔐`, () => typing));
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      await sleep(500);
      await redis.flushall();
      await kill();
      await sleep(500);
      web = await startWeb();
    }
    await sleep(500);
    typing = false;
    for (const [number, text] of (await Promise.all(texts)).entries()) {
      const who = typists[number]!;
      const { id, last_seq, strays } = await ofTypist(who);
      assert.deepEqual([Number(last_seq), strays], [who.seq, '0']);
      const { rows } = await database.query<{ seq: string }>('select seq from events where participant_id = $1', [id]);
      assert.equal(new Set(rows.map(({ seq }) => seq)).size, who.seq, 'a number is missing');
      assert.equal(rows.length, who.seq);
      const { document } = await notebookState(database, id);
      const cell = document.tasks[1]!.cells.find((each) => each.type === 'code');
      assert.ok(cell!.source.startsWith(text), 'the rebuilt text is what was typed');
      assert.ok(who.seq > RESTARTS, 'something was typed between the restarts');
      assert.equal((await who.finish()).status, 200);
    }
    assert.equal(await lossOf(), 0);
  });

  it('holds nothing twice when the web app is killed between the insert and its answer', async () => {
    const who = await typist(0xfff);
    await who.send(who.event('open', opened));
    const { id } = await ofTypist(who);
    const batch = [who.event('focus', {}), who.event('blur', {})];
    // The batch waits in Postgres for this lock; by the time it is stored, who would answer is not there to do it.
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('select from participants where id = $1 for update', [id]);
    const unanswered = who.post('events', { events: batch });
    const failure = assert.rejects(unanswered);
    await poll(
      'the batch waits for the lock',
      async () => {
        const { rowCount } = await database.query(`select from pg_stat_activity where wait_event_type = 'Lock'`);
        return rowCount === 1;
      },
      30,
    );
    process.kill(web.pid, 'SIGSTOP');
    await holder.query('commit');
    holder.release();
    await poll('the batch is stored', async () => (await ofTypist(who)).last_seq === '3', 30);
    await kill();
    await failure;

    web = await startWeb();
    const again = await who.post('events', { events: batch });
    assert.deepEqual([again.status, await again.json()], [200, { acknowledged: 3 }]);
    const { rows } = await database.query<{ type: string }>(
      'select type from events where participant_id = $1 order by seq',
      [id],
    );
    assert.deepEqual(
      rows.map(({ type }) => type),
      ['open', 'focus', 'blur'],
    );
    assert.deepEqual(await ofTypist(who), { ...(await ofTypist(who)), duplicates: '2', strays: '0' });
  });
});

/** Types letter by letter, in batches that are sent until they are acknowledged, as the page does. Resolves with the text. */
async function type(who: Typist, words: string, going: () => boolean): Promise<string> {
  const state = (await (await who.get('notebook')).json()) as { document: { tasks: { cells: Cell[] }[] } };
  const cell = state.document.tasks[1]!.cells.find((each) => each.type === 'code')!;
  let text = '';
  await insist(who, [who.event('open', opened), who.event('start', { to: 1 })]);
  while (going()) {
    const letters = [...words, '\n'].map((letter) => {
      const changes = ChangeSet.of({ from: text.length, insert: letter }, text.length + cell.source.length);
      text += letter;
      return who.event('edit', who.edit(changes), { cell: cell.id });
    });
    await insist(who, letters);
  }
  return text;
}

interface Cell {
  readonly id: string;
  readonly type: string;
  readonly source: string;
}

/** No answer, or one that the server is in trouble: the same again. */
async function insist(who: Typist, events: Parameters<Typist['send']>): Promise<void> {
  for (;;) {
    const answer = await who.post('events', { events }).catch(() => null);
    if (answer !== null && answer.status < 500) {
      assert.equal(answer.status, 200, await answer.text());
      return;
    }
    await sleep(50);
  }
}
