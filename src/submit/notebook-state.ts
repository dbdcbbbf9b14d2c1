import { recordedNotebook } from '../participants/notebook.js';
import type { Queryable } from '../platform/postgres/database.js';
import type { Document } from '../studies/document.js';
import { cursorAfter } from '../studies/rebuild.js';

export interface NotebookState {
  /** As it was when event `acknowledged` had been recorded. */
  readonly document: Document;
  readonly state: {
    /** Index of the task to resume at. */
    readonly task: number;
    /** For how long the page has been open at that task. */
    readonly taskSeconds: number;
    /** Where the participant last typed in that task. */
    readonly cursor: { readonly cell: string; readonly offset: number } | null;
    readonly acknowledged: number;
    /** The page that recorded the last event. */
    readonly page: string | null;
  };
  /** Cells whose edits do not fit: they stand as in the last snapshot. */
  readonly notRebuilt: readonly string[];
}

/** The notebook as the participant left it: the last snapshot, or the study's document, and the events after it. */
export async function notebookState(database: Queryable, participantId: string): Promise<NotebookState> {
  const recorded = await recordedNotebook(database, participantId);
  if (recorded === undefined) throw new Error(`participant ${participantId} has no notebook`);
  const { document, notRebuilt, acknowledged, page } = recorded;
  const { task, since, seconds } = await position(database, participantId, acknowledged);
  const index = Math.min(Math.max(task, 0), document.tasks.length - 1);
  const cursor = await lastCursor(database, participantId, { since, last: acknowledged, task: document.tasks[index]! });
  return { document, notRebuilt, state: { task: index, taskSeconds: seconds, cursor, acknowledged, page } };
}

/** A page that was heard of less long ago may still have been open until now: heartbeats come each minute. */
const SILENCE_SECONDS = 90;

interface Position {
  readonly task: number;
  /** The event that led to the task, 0 if none did. */
  readonly since: string;
  readonly seconds: number;
}

/**
 * The task, and for how long pages have been open at it: of each page the time between its events by its own clock, which
 * nobody can set, and of the last one up to its last heartbeat, or up to now if that was just now. Time without a page does
 * not count, a reload takes none back.
 */
async function position(database: Queryable, participantId: string, last: number): Promise<Position> {
  const { rows } = await database.query<Position>(
    `with own as (select * from events where participant_id = $1 and seq <= $2),
     moved as (
       select seq, (data->>'to')::int as task from own
       where type in ('start', 'next', 'skip', 'time-up') and jsonb_typeof(data->'to') = 'number' order by seq desc limit 1),
     pages as (
       select page, (max(clock) - min(clock)) / 1000 as seconds, min(received_at) as first from own
       where seq >= coalesce((select seq from moved), 0) group by page)
     select coalesce((select task from moved), 0) as task, coalesce((select seq from moved), 0) as since,
       coalesce((select sum(case when pages.page = p.page
           then greatest(seconds, extract(epoch from p.until - first)::double precision) else seconds end)
         from pages), 0) as seconds
     from (select page, case when now() - heartbeat_at < make_interval(secs => $3) then now() else heartbeat_at end as until
           from participants where id = $1) p`,
    [participantId, last, SILENCE_SECONDS],
  );
  return rows[0]!;
}

async function lastCursor(
  database: Queryable,
  participantId: string,
  { since, last, task }: { since: string; last: number; task: Document['tasks'][number] },
): Promise<NotebookState['state']['cursor']> {
  const { rows } = await database.query<{ cell: string; steps: unknown }>(
    `select cell, data->'steps' as steps from events where participant_id = $1 and seq > $2 and seq <= $3
     and type = 'edit' and cell = any($4) order by seq desc limit 1`,
    [participantId, since, last, task.cells.map(({ id }) => id)],
  );
  const edit = rows[0];
  const cell = task.cells.find(({ id }) => id === edit?.cell);
  const offset = cursorAfter(edit?.steps);
  if (cell === undefined || offset === undefined) return null;
  return { cell: cell.id, offset: Math.min(offset, cell.source.length) };
}
