import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { type Intake, storableJson, type StudyEvent } from './event.js';

export type IntakeResult =
  | { readonly kind: 'stored'; readonly acknowledged: number }
  | { readonly kind: 'gap'; readonly acknowledged: number }
  | { readonly kind: 'other-page'; readonly acknowledged: number }
  | { readonly kind: 'ended' };

interface Writer {
  readonly state: string;
  readonly studyId: string;
  readonly last: number;
  readonly page: string | null;
}

/**
 * Stores a batch and acknowledges it. The participant's row is locked, so the numbers have no gap and each is stored once,
 * however often and from however many tabs it is sent.
 */
export async function storeEvents(database: Database, participantId: string, intake: Intake): Promise<IntakeResult> {
  return transaction(database, async (client) => {
    const writer = await lockWriter(client, participantId);
    if (writer === undefined || !['working', 'waiting', 'finished'].includes(writer.state)) return { kind: 'ended' };
    const first = intake.events[0]?.seq ?? writer.last + 1;
    if (first > writer.last + 1) return { kind: 'gap', acknowledged: writer.last };
    const fresh = intake.events.filter((event) => event.seq > writer.last);
    if (fresh.length > 0 && writer.state === 'finished') return { kind: 'ended' };
    const known = intake.events.filter((event) => event.seq <= writer.last);
    if (!(await allOurs(client, participantId, known)) || !oneWriter(writer.page, fresh)) {
      return { kind: 'other-page', acknowledged: writer.last };
    }
    await insertEvents(client, writer.studyId, participantId, fresh);
    const acknowledged = fresh.at(-1)?.seq ?? writer.last;
    await client.query(
      `update participants set last_seq = $2, page = coalesce($3, page), heartbeat_at = now() where id = $1`,
      [participantId, acknowledged, fresh.at(-1)?.page ?? null],
    );
    if (intake.snapshot !== undefined && intake.snapshot.seq <= acknowledged && writer.state !== 'finished') {
      await insertSnapshot(client, writer.studyId, participantId, intake.snapshot);
    }
    return { kind: 'stored', acknowledged };
  });
}

async function lockWriter(client: Queryable, participantId: string): Promise<Writer | undefined> {
  const { rows } = await client.query<Omit<Writer, 'last'> & { last: string }>(
    'select state, study_id as "studyId", last_seq as last, page from participants where id = $1 for update',
    [participantId],
  );
  return rows[0] && { ...rows[0], last: Number(rows[0].last) };
}

/** What is sent again must be what is stored; another tab may have used the same numbers. */
async function allOurs(client: Queryable, participantId: string, known: readonly StudyEvent[]): Promise<boolean> {
  if (known.length === 0) return true;
  const { rows } = await client.query<{ seq: string; page: string }>(
    'select seq, page from events where participant_id = $1 and seq between $2 and $3',
    [participantId, known[0]!.seq, known.at(-1)!.seq],
  );
  const pages = new Map(rows.map((row) => [Number(row.seq), row.page]));
  return known.every((event) => pages.get(event.seq) === event.page);
}

/** A page takes over by its `open`; events of any other page than the last one are a second tab's. */
function oneWriter(page: string | null, fresh: readonly StudyEvent[]): boolean {
  let current = page;
  for (const event of fresh) {
    if (event.type === 'open') current = event.page;
    if (event.page !== current) return false;
  }
  return true;
}

async function insertEvents(
  client: Queryable,
  studyId: string,
  participantId: string,
  events: readonly StudyEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `insert into events (study_id, participant_id, seq, type, at, clock, page, task, cell, focus_seconds, data)
     select $1, $2, e.seq, e.type, e.at, e.clock, e.page, e.task, e.cell, e."focusSeconds", e.data
     from jsonb_to_recordset($3) as e(seq bigint, type text, at timestamptz, clock double precision, page text, task text, cell text,
                                      "focusSeconds" double precision, data jsonb)`,
    [studyId, participantId, storableJson(events)],
  );
}

async function insertSnapshot(
  client: Queryable,
  studyId: string,
  participantId: string,
  snapshot: NonNullable<Intake['snapshot']>,
): Promise<void> {
  await client.query(
    `insert into snapshots (study_id, participant_id, seq, document) values ($1, $2, $3, $4)
     on conflict (participant_id, seq) do update set document = excluded.document, received_at = now()`,
    [studyId, participantId, snapshot.seq, storableJson(snapshot.document)],
  );
}
