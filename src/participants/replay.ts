/** Whether the record of each participant of a study makes the notebook that their page stored. */
import { isDeepStrictEqual } from 'node:util';
import type { Queryable } from '../platform/postgres/database.js';
import type { CodeCell, Document } from '../studies/document.js';
import { applyEdit, linesOf, rebuild, RebuildError, type RecordedStep } from '../studies/rebuild.js';

export interface Difference {
  readonly participant: string;
  /** A sentence. */
  readonly what: string;
}

export interface Replayed {
  readonly participants: number;
  /** Whose notebook was stored and compared. */
  readonly compared: number;
  readonly events: number;
  /** Who has no stored notebook: they never opened it, or left before it was sent. */
  readonly withoutNotebook: number;
  readonly differences: readonly Difference[];
}

interface Kept {
  readonly id: string;
  readonly lastSeq: number;
  readonly study: Document;
  readonly snapshot: { readonly seq: number; readonly document: Document } | null;
}

type Step = RecordedStep & { readonly seq: number };

export async function replayStudy(
  database: Queryable,
  studyId: string,
  progress: (line: string) => void = () => undefined,
): Promise<Replayed> {
  const ids = await database.query<{ id: string }>(
    'select id from participants where study_id = $1 and condition is not null order by arrived_at, id',
    [studyId],
  );
  const result = { compared: 0, events: 0, withoutNotebook: 0, differences: [] as Difference[] };
  let done = 0;
  for (const { id } of ids.rows) {
    const kept = await keptOf(database, id);
    const steps = await stepsOf(database, kept);
    result.events += steps.length;
    if (kept.snapshot === null) result.withoutNotebook += 1;
    else result.compared += 1;
    result.differences.push(...differencesOf(kept, steps).map((what) => ({ participant: id, what })));
    done += 1;
    if (done % 100 === 0) progress(`${done} of ${ids.rows.length} participants replayed`);
  }
  return { participants: ids.rows.length, ...result };
}

async function keptOf(database: Queryable, id: string): Promise<Kept> {
  const { rows } = await database.query<
    Omit<Kept, 'lastSeq' | 'snapshot'> & { last: string; seq: string | null; document: Document }
  >(
    `select p.id, p.last_seq as last, c.document as study, s.seq, s.document from participants p
     join condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition
     left join lateral (select seq, document from snapshots where participant_id = p.id order by seq desc limit 1) s on true
     where p.id = $1`,
    [id],
  );
  const { last, study, seq, document } = rows[0]!;
  return { id, lastSeq: Number(last), study, snapshot: seq === null ? null : { seq: Number(seq), document } };
}

async function stepsOf(database: Queryable, { id, lastSeq }: Kept): Promise<Step[]> {
  const { rows } = await database.query<RecordedStep & { seq: string }>(
    `select seq, type, cell, data from events where participant_id = $1 and seq <= $2
     and type in ('edit', 'run', 'output', 'lost') order by seq`,
    [id, lastSeq],
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

/** From the study's own notebook on, with nothing but events. */
export function differencesOf({ study, snapshot, lastSeq }: Omit<Kept, 'id'>, steps: readonly Step[]): string[] {
  const until = snapshot?.seq ?? lastSeq;
  const first = steps.filter(({ seq }) => seq <= until);
  try {
    const rebuilt = rebuild(study, first);
    const different = snapshot === null ? [] : compare(rebuilt, rebuild(snapshot.document, []), unsettled(first));
    // What came after the last notebook that was stored must at least fit.
    rebuild(
      rebuilt,
      steps.filter(({ seq }) => seq > until),
    );
    return [...runsOfOtherCode(study, steps), ...different];
  } catch (error) {
    if (!(error instanceof RebuildError)) throw error;
    const lost = steps.filter(({ type, data }) => type === 'lost' || 'withheld' in data).length;
    return [`the events do not fit: ${error.message}${lost > 0 ? ` (contents of ${lost} were lost on the way)` : ''}`];
  }
}

/** A run tells the whole code, which hides what the edits before it lack. */
function runsOfOtherCode(study: Document, steps: readonly Step[]): string[] {
  const sources = new Map(cellsOf(study).map(({ id, source }) => [id, linesOf(source).join('\n')]));
  return steps.flatMap(({ seq, type, cell, data }) => {
    const source = sources.get(cell ?? '');
    if (source === undefined || cell === null) return [];
    if (type === 'edit') sources.set(cell, applyEdit(source, data['steps']));
    if (type !== 'run' || typeof data['source'] !== 'string') return [];
    sources.set(cell, data['source']);
    return source === data['source'] ? [] : [`cell ${cell}: event ${seq} ran other code than the edits before it make`];
  });
}

/** Cells that still ran: what their programs had put out so far is in no event yet. */
function unsettled(steps: readonly Step[]): Set<string> {
  const running = new Set<string>();
  for (const { type, cell } of steps) {
    if (type === 'run') running.add(cell ?? '');
    if (type === 'output') running.delete(cell ?? '');
  }
  return running;
}

function compare(rebuilt: Document, stored: Document, running: ReadonlySet<string>): string[] {
  const [one, other] = [rebuilt, stored].map((document) => withoutRunning(document, running));
  if (isDeepStrictEqual(one, other)) return [];
  const found = cellsOf(rebuilt).flatMap((cell) => {
    const twin = cellsOf(stored).find(({ id }) => id === cell.id);
    if (twin === undefined) return [`cell ${cell.id} is not in the stored notebook`];
    if (cell.source !== twin.source) return [`cell ${cell.id}: the code differs`];
    if (running.has(cell.id)) return [];
    if (cell.executionCount !== twin.executionCount) return [`cell ${cell.id}: the count of runs differs`];
    return isDeepStrictEqual(cell.outputs, twin.outputs) ? [] : [`cell ${cell.id}: the outputs differ`];
  });
  return found.length > 0 ? found : ['the tasks or their texts differ from those of the study'];
}

function withoutRunning(document: Document, running: ReadonlySet<string>): Document {
  const copy = structuredClone(document);
  for (const cell of cellsOf(copy)) if (running.has(cell.id)) [cell.outputs, cell.executionCount] = [[], null];
  return copy;
}

function cellsOf(document: Document): CodeCell[] {
  return document.tasks.flatMap(({ cells }) => cells.filter((cell) => cell.type === 'code'));
}
