/** Fills a database with made-up participants of a published study, as if they had taken part. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Database, withoutLimits } from '../src/platform/postgres/database.js';
import type { Study } from '../src/studies/read.js';
import { hasWorked, stateOf, workOf } from './made-up.js';

export interface Load {
  readonly study: Study;
  readonly participants: number;
  /** Of all of them together, about. */
  readonly events: number;
}

const FIRST = Date.UTC(2026, 10, 1, 8);
const MINUTE = 60_000;

export async function loadStudy(database: Database, load: Load): Promise<void> {
  const { study, participants } = load;
  const numbers = Array.from({ length: participants }, (_, nth) => nth);
  const workers = numbers.filter(hasWorked);
  const count = eachDoes(load, workers);
  await withoutLimits(database, async (patient) => {
    const client = await patient.connect();
    try {
      await client.query('begin');
      await copy(
        client,
        'participants',
        PARTICIPANT,
        numbers.map((nth) => participantRow(study, nth)),
      );
      await copy(
        client,
        'instances',
        INSTANCE,
        workers.map((nth) => instanceRow(study, nth)),
      );
      await copy(
        client,
        'leases',
        LEASE,
        workers.map((nth) => leaseRow(study, nth)),
      );
      await copy(client, 'events', EVENT, eventRows(load, workers, count));
      await copy(client, 'snapshots', SNAPSHOT, snapshotRows(load, workers, count));
      await copy(
        client,
        'audit',
        AUDIT,
        numbers.map((nth) => [study.id, 'participant', idOf(nth), stateOf(nth), 'load']),
      );
      await client.query(ENDS, [study.id]);
      await client.query(COUNTERS, [study.id]);
      await client.query('commit');
      await client.query('analyze');
    } finally {
      client.release();
    }
  });
}

const PARTICIPANT =
  'id, study_id, token, state, condition, address_key, origin, consent, arrived_at, consented_at, queued_at, working_at, heartbeat_at';
const INSTANCE = 'id, study_id, profile, state, job_id, created_at, ready_at, leased_at, stopped_at';
const LEASE = 'study_id, participant_id, instance_id, started_at, prepared_at, ended_at, end_reason';
const EVENT = 'study_id, participant_id, seq, type, at, received_at, clock, page, task, cell, focus_seconds, data';
const SNAPSHOT = 'study_id, participant_id, seq, document, received_at';
const AUDIT = 'study_id, subject, subject_id, to_state, actor';

/** What follows from the record: numbers, and when those who are not there any more left. */
const ENDS = `update participants p set last_seq = e.last, highest_seq = e.last, page = 'loaded', heartbeat_at = e.at,
  ended_at = case when state in ('finished', 'abandoned', 'withdrawn') then e.at end
  from (select participant_id, max(seq) as last, max(received_at) as at from events where study_id = $1 group by participant_id) e
  where p.id = e.participant_id`;
const COUNTERS = `update counters c set value = n.value from (
    select scope, name, count(*) filter (where name = 'completed' and state = 'finished' or name = 'inFlight' and state = 'working') as value
    from participants p, unnest(array['study', 'condition:' || condition]) scope, unnest(array['completed', 'inFlight']) name
    where study_id = $1 and condition is not null group by scope, name) n
  where c.study_id = $1 and c.scope = n.scope and c.name = n.name`;

const idOf = (nth: number): string => `made${String(nth).padStart(8, '0')}`;
const instanceOf = (nth: number): string => `f${nth.toString(16).padStart(11, '0')}`;
const conditionOf = ({ conditions }: Study, nth: number) => conditions[nth % conditions.length]!;
const arrival = (nth: number): number => FIRST + nth * 2 * MINUTE;
const moment = (nth: number, minutes: number): Date => new Date(arrival(nth) + minutes * MINUTE);

type Row = readonly (string | number | Date | object | null)[];

function participantRow(study: Study, nth: number): Row {
  const [state, worked] = [stateOf(nth), hasWorked(nth)];
  const consented = state === 'arrived' ? null : moment(nth, 2);
  return [
    ...[idOf(nth), study.id, idOf(nth).split('').reverse().join(''), state],
    worked ? conditionOf(study, nth).number : null,
    ...[`network ${nth % 900}`, String(nth % 3), consented && { boxes: ['age', 'read'] }],
    ...[moment(nth, 0), consented, worked ? moment(nth, 2) : null, worked ? moment(nth, 2.1) : null, moment(nth, 3)],
  ];
}

function instanceRow(study: Study, nth: number): Row {
  const isOver = stateOf(nth) !== 'working';
  return [
    ...[instanceOf(nth), study.id, study.profile, isOver ? 'stopped' : 'leased', `instance/dispatch-${nth}`],
    ...[moment(nth, -5), moment(nth, -4.9), moment(nth, 2.1), isOver ? moment(nth, 60) : null],
  ];
}

function leaseRow(study: Study, nth: number): Row {
  const state = stateOf(nth);
  const ended = state === 'working' ? [null, null] : [moment(nth, 60), state];
  return [study.id, idOf(nth), instanceOf(nth), moment(nth, 2.1), moment(nth, 2.2), ...ended];
}

/** Who leaves early does less: the others do more for it, so that all together come to about what is asked for. */
function eachDoes({ study, events }: Load, workers: readonly number[]): number {
  const wanted = events / workers.length;
  const some = workers.slice(0, 400);
  const did = some.reduce(
    (sum, nth) => sum + workOf(nth, conditionOf(study, nth).document, wanted, moment(nth, 3)).events.length,
    0,
  );
  return Math.ceil((wanted * wanted * some.length) / did);
}

const work = (study: Study, count: number, nth: number) =>
  workOf(nth, conditionOf(study, nth).document, count, moment(nth, 3));

function* eventRows({ study }: Load, workers: readonly number[], count: number): Generator<Row> {
  for (const nth of workers) {
    for (const { seq, type, at, clock, task, cell, focusSeconds, data } of work(study, count, nth).events) {
      const received = new Date(at.getTime() + 300);
      yield [study.id, idOf(nth), seq, type, at, received, clock, 'loaded', task, cell, focusSeconds, data];
    }
  }
}

function* snapshotRows({ study }: Load, workers: readonly number[], count: number): Generator<Row> {
  for (const nth of workers) {
    for (const { seq, document, at } of work(study, count, nth).snapshots) {
      yield [study.id, idOf(nth), seq, document, at];
    }
  }
}

async function copy(client: pg.PoolClient, table: string, columns: string, rows: Iterable<Row>): Promise<void> {
  await pipeline(
    Readable.from(chunks(rows)),
    client.query(copyFrom(`copy ${table} (${columns}) from stdin with (format csv)`)),
  );
}

function* chunks(rows: Iterable<Row>): Generator<string> {
  let chunk = '';
  for (const row of rows) {
    chunk += `${row.map(field).join(',')}\n`;
    if (chunk.length < 65_536) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function field(value: Row[number]): string {
  if (value === null) return '';
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `"${text.replaceAll('"', '""')}"`;
}
