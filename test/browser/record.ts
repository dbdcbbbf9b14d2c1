/** What Postgres holds of a participant, for tests to compare with what the page showed. */
import assert from 'node:assert/strict';
import type { Database } from '../../src/platform/postgres/database.js';
import type { CodeCell, Document } from '../../src/studies/document.js';
import { applyEdit } from '../../src/studies/rebuild.js';

export interface StoredEvent {
  readonly seq: number;
  readonly type: string;
  readonly task: string | null;
  readonly cell: string | null;
  readonly page: string;
  readonly clock: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export class StoredRecord {
  private constructor(
    readonly participant: string,
    readonly events: readonly StoredEvent[],
    /** As the study gave it to the participant. */
    private readonly document: Document,
  ) {}

  /** Of the participant who has or had the instance. */
  static async of(database: Database, instance: string): Promise<StoredRecord> {
    const found = await database.query<{ id: string; document: Document }>(
      `select p.id, c.document from leases l join participants p on p.id = l.participant_id
       join condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition where l.instance_id = $1`,
      [instance],
    );
    const { id, document } = found.rows[0]!;
    const { rows } = await database.query<Omit<StoredEvent, 'seq'> & { seq: string }>(
      'select seq, type, task, cell, page, clock, data from events where participant_id = $1 order by seq',
      [id],
    );
    const events = rows.map((row) => ({ ...row, seq: Number(row.seq) }));
    return new StoredRecord(id, events, document);
  }

  ofType(type: string): StoredEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  /** Numbers from 1 without a gap, and within each page a clock that never goes back. */
  checkOrder(): void {
    assert.deepEqual(
      this.events.map(({ seq }) => seq),
      this.events.map((_, index) => index + 1),
    );
    const clocks = new Map<string, number>();
    for (const { page, clock, seq } of this.events) {
      assert.ok(clock >= (clocks.get(page) ?? 0), `the clock of event ${seq} is behind its predecessor's`);
      clocks.set(page, clock);
    }
  }

  /** Each run's code is what the edits before it make of the cell. Returns the runs in order. */
  checkRuns(): { cell: string; source: string }[] {
    const sources = new Map(codeCells(this.document).map((cell) => [cell.id, cell.source]));
    const runs: { cell: string; source: string }[] = [];
    for (const { type, cell, data, seq } of this.events) {
      if (cell === null) continue;
      if (type === 'edit') sources.set(cell, applyEdit(sources.get(cell)!, data['steps']));
      if (type !== 'run') continue;
      assert.equal(data['source'], sources.get(cell), `the code of run ${seq}`);
      runs.push({ cell, source: sources.get(cell)! });
    }
    return runs;
  }

  /** The cells' text after all edits. */
  sources(): Record<string, string> {
    const sources = Object.fromEntries(codeCells(this.document).map((cell) => [cell.id, cell.source]));
    for (const { type, cell, data } of this.events) {
      if (type === 'edit' && cell !== null) sources[cell] = applyEdit(sources[cell]!, data['steps']);
    }
    return sources;
  }
}

export function codeCells(document: Document): CodeCell[] {
  return document.tasks.flatMap((task) => task.cells).filter((cell) => cell.type === 'code');
}
