import type { Queryable } from '../platform/postgres/database.js';
import type { Document } from '../studies/document.js';
import { rebuildAsFarAsPossible, type RecordedStep } from '../studies/rebuild.js';

export interface RecordedNotebook {
  /** As it was when event `acknowledged` had been recorded. */
  readonly document: Document;
  readonly acknowledged: number;
  /** The page that recorded the last event. */
  readonly page: string | null;
  /** Cells whose edits do not fit: they stand as in the last snapshot. */
  readonly notRebuilt: readonly string[];
}

/** The last snapshot, or the study's document, and the events after it; undefined for who has no condition. */
export async function recordedNotebook(
  database: Queryable,
  participantId: string,
): Promise<RecordedNotebook | undefined> {
  const { rows } = await database.query<{ document: Document; seq: string; last: string; page: string | null }>(
    `select coalesce(s.document, c.document) as document, coalesce(s.seq, 0) as seq, p.last_seq as last, p.page
     from participants p join condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition
     left join lateral (select document, seq from snapshots where participant_id = p.id order by seq desc limit 1) s on true
     where p.id = $1`,
    [participantId],
  );
  const base = rows[0];
  if (base === undefined) return undefined;
  const acknowledged = Number(base.last);
  const after = await database.query<RecordedStep>(
    `select type, cell, data from events where participant_id = $1 and seq > $2 and seq <= $3
     and type in ('edit', 'run', 'output') order by seq`,
    [participantId, base.seq, acknowledged],
  );
  return { acknowledged, page: base.page, ...rebuildAsFarAsPossible(base.document, after.rows) };
}
