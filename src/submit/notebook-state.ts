import type { Queryable } from '../platform/postgres/database.js';
import type { Document } from '../studies/document.js';
import { rebuild, type RecordedStep } from '../studies/rebuild.js';

export interface NotebookState {
  readonly document: Document;
  /** Index of the task to resume at. */
  readonly task: number;
  readonly acknowledged: number;
}

/** The notebook as the participant left it: the last snapshot, or the study's document, and the events after it. */
export async function notebookState(database: Queryable, participantId: string): Promise<NotebookState> {
  const { rows } = await database.query<{ document: Document; seq: string; last: string }>(
    `select coalesce(s.document, c.document) as document, coalesce(s.seq, 0) as seq, p.last_seq as last
     from participants p join conditions c on c.study_id = p.study_id and c.number = p.condition
     left join lateral (select document, seq from snapshots where participant_id = p.id order by seq desc limit 1) s on true
     where p.id = $1`,
    [participantId],
  );
  const base = rows[0];
  if (base === undefined) throw new Error(`participant ${participantId} has no notebook`);
  const after = await database.query<RecordedStep>(
    `select type, cell, data from events where participant_id = $1 and seq > $2 and type in ('edit', 'run', 'output') order by seq`,
    [participantId, base.seq],
  );
  const moved = await database.query<{ task: number }>(
    `select (data->>'to')::int as task from events where participant_id = $1 and type in ('start', 'next', 'skip')
     and jsonb_typeof(data->'to') = 'number' order by seq desc limit 1`,
    [participantId],
  );
  const task = Math.min(Math.max(moved.rows[0]?.task ?? 0, 0), base.document.tasks.length - 1);
  return { document: rebuild(base.document, after.rows), task, acknowledged: Number(base.last) };
}
