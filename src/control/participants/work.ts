/** How a participant worked: time and runs by task, and what was pasted. Read from their events alone, which are one range of an index. */
import type { Queryable } from '../../platform/postgres/database.js';
import type { Document, Task } from '../../studies/document.js';

export interface TaskWork {
  readonly id: string;
  readonly title: string;
  readonly kind: Task['kind'];
  /** For how long pages were open at it, by their own clocks. */
  readonly openSeconds: number;
  readonly focusSeconds: number;
  readonly runs: number;
  readonly failedRuns: number;
  readonly pastes: number;
  /** How the participant left it last; null while they have not. */
  readonly left: 'next' | 'skip' | 'time-up' | 'finish' | null;
}

/** The notebook as it was before the participant's first step; undefined for who has no condition. */
export async function firstDocument(database: Queryable, id: string): Promise<Document | undefined> {
  const { rows } = await database.query<{ document: Document | null }>('select first_document($1) as document', [id]);
  return rows[0]?.document ?? undefined;
}

export async function readWork(database: Queryable, id: string, { tasks }: Document): Promise<TaskWork[]> {
  const [stages, counts] = await Promise.all([readStages(database, id), readCounts(database, id)]);
  return tasks.map(({ id: task, title, kind }, index) => {
    const own = stages.filter((stage) => stage.task === index);
    const leavings = own.flatMap(({ left }) => left ?? []);
    const count = (type: string): number => counts.find((row) => row.task === task && row.type === type)?.count ?? 0;
    return {
      ...{ id: task, title, kind },
      openSeconds: own.reduce((sum, { open }) => sum + open, 0),
      focusSeconds: own.reduce((sum, { focus }) => sum + focus, 0),
      ...{ runs: count('run'), failedRuns: count('failed'), pastes: count('paste') },
      left: leavings.findLast((left) => left !== 'finish') ?? leavings.at(-1) ?? null,
    };
  });
}

interface Stage {
  /** Index of the task. */
  readonly task: number;
  readonly open: number;
  readonly focus: number;
  readonly left: TaskWork['left'];
}

/** From one task change to the next: of each page the time between its events, by its own clock, which nobody can set. */
async function readStages(database: Queryable, id: string): Promise<Stage[]> {
  const { rows } = await database.query<Stage>(
    `with own as (
       select seq, type, page, clock, focus_seconds,
         case when type in ('start', 'next', 'skip', 'time-up') and jsonb_typeof(data->'to') = 'number' then (data->>'to')::int end as target
       from events where participant_id = $1),
     placed as (
       select seq, type, target, clock - lag(clock) over pages as open, focus_seconds - lag(focus_seconds) over pages as focus,
         count(target) over (order by seq rows between unbounded preceding and 1 preceding) as stage
       from own window pages as (partition by page order by seq)),
     stages as (
       select stage, coalesce(sum(greatest(open, 0)), 0) / 1000 as open, coalesce(sum(greatest(focus, 0)), 0) as focus,
         max(type) filter (where target is not null or type = 'finish') as left
       from placed group by stage)
     select coalesce((select target from placed p where p.stage = s.stage - 1 and target is not null), 0) as task, open, focus,
       case when "left" <> 'start' then "left" end as left
     from stages s order by stage`,
    [id],
  );
  return rows;
}

interface Count {
  readonly task: string | null;
  readonly type: 'run' | 'failed' | 'paste';
  readonly count: number;
}

async function readCounts(database: Queryable, id: string): Promise<Count[]> {
  const { rows } = await database.query<Count>(
    `select task, case type when 'output' then 'failed' else type end as type, count(*)::int as count from events
     where participant_id = $1 and (type in ('run', 'paste') or type = 'output' and data->>'status' = 'error') group by 1, 2`,
    [id],
  );
  return rows;
}

export interface Paste {
  readonly seq: string;
  readonly at: Date;
  readonly task: string | null;
  readonly cell: string | null;
  readonly characters: number;
  /** Null where the study keeps no pasted text. */
  readonly text: string | null;
  /** From the notebook itself, or a mere address: the participant was not asked for the source. */
  readonly own: boolean;
}

export const MOST_PASTES = 100;
const MOST_CHARACTERS = 5_000;

/** The first of them, and of long ones the beginning. */
export async function readPastes(database: Queryable, id: string): Promise<Paste[]> {
  const { rows } = await database.query<Paste>(
    `select seq, at, task, cell, coalesce((data->>'characters')::float8, 0) as characters, left(data->>'text', ${MOST_CHARACTERS}) as text,
       coalesce((data->>'own')::boolean, false) as own
     from events where participant_id = $1 and type = 'paste' order by seq limit ${MOST_PASTES}`,
    [id],
  );
  return rows;
}
