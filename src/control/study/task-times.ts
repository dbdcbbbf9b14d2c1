/** How long participants took for tasks, and at which task they stopped. Read from an index that holds where tasks were left. */
import type { Queryable } from '../../platform/postgres/database.js';

/** As in the index `events_moves`: the same words, so that Postgres knows it again. */
const MOVES = `type in ('open', 'start', 'next', 'skip', 'time-up', 'finish')`;
/** Pages tell their clocks themselves: what one makes up must not break the sums of all. */
const MOST_SECONDS = 1e8;

/** Lower quartile, median, upper quartile; seconds. */
export type Quartiles = readonly [number, number, number];

export interface TaskTimes {
  readonly task: string;
  /** Null for all conditions together. */
  readonly condition: number | null;
  readonly participants: number;
  /** With a page in front. */
  readonly focus: Quartiles;
  /** With a page open, in front or not. */
  readonly open: Quartiles;
  /** By the calendar, from one task change to the next. */
  readonly wall: Quartiles;
}

/**
 * Of everybody who left a task. A page's time is that between its own events: an event that another page opened after, and the
 * one of that opening, have none between them. Who was at a task more than once has the sum.
 */
export async function readTaskTimes(
  database: Queryable,
  study: string,
  tasks: readonly string[],
): Promise<TaskTimes[]> {
  const { rows } = await database.query<TaskTimes>(
    `with moves as (
       select participant_id, seq, type, at, clock, page, task, focus_seconds from events where study_id = $1 and ${MOVES}),
     marks as (
       select participant_id, seq, at, clock, page, focus_seconds, case when type <> 'open' then task end as task from moves
       union all
       -- The last of a page, before another is opened.
       select e.participant_id, e.seq, e.at, e.clock, e.page, e.focus_seconds, null
       from moves o join events e on e.participant_id = o.participant_id and e.seq = o.seq - 1
       where o.type = 'open' and o.seq > 1 and not e.${MOVES}),
     spans as (
       select participant_id, task, at,
         case when page = lag(page) over w then least(greatest((clock - lag(clock) over w) / 1000, 0), ${MOST_SECONDS}) else 0 end as open,
         case when page = lag(page) over w then least(greatest(focus_seconds - lag(focus_seconds) over w, 0), ${MOST_SECONDS}) else 0 end as focus,
         coalesce(lag(at) over w, at) as since,
         count(task) over (w rows between unbounded preceding and 1 preceding) as stage
       from marks window w as (partition by participant_id order by seq)),
     stages as (
       select participant_id, max(task) as task, sum(open) as open, sum(focus) as focus,
         extract(epoch from greatest(max(at) - min(since), interval '0'))::float8 as wall
       from spans group by participant_id, stage),
     times as (
       select participant_id, task, sum(open) as open, sum(focus) as focus, sum(wall) as wall
       from stages where task = any($2) group by participant_id, task)
     select t.task, p.condition, count(*)::int as participants,
       percentile_cont(array[0.25, 0.5, 0.75]) within group (order by focus) as focus,
       percentile_cont(array[0.25, 0.5, 0.75]) within group (order by open) as open,
       percentile_cont(array[0.25, 0.5, 0.75]) within group (order by wall) as wall
     from times t join participants p on p.id = t.participant_id
     where p.condition is not null group by grouping sets ((t.task, p.condition), (t.task))`,
    [study, tasks],
  );
  return rows;
}

export interface Stop {
  readonly condition: number;
  readonly task: string;
  readonly participants: number;
}

/** At which task those were who left while they worked, by the version of the study that they had. */
export async function readStops(database: Queryable, study: string): Promise<Stop[]> {
  const { rows } = await database.query<Stop>(
    `with places as (
       select p.version, p.condition, coalesce(last.place, 0) as place, count(*)::int as participants
       from participants p left join lateral (
         select case when jsonb_typeof(data->'to') = 'number' then least(greatest((data->>'to')::numeric, 0), 1000)::int end as place
         from events e where e.study_id = p.study_id and e.participant_id = p.id and ${MOVES} and type not in ('open', 'finish')
         order by seq desc limit 1) last on true
       where p.study_id = $1 and p.state in ('abandoned', 'withdrawn', 'screened') and p.working_at is not null and p.condition is not null
       group by 1, 2, 3)
     select p.condition, coalesce(document->'tasks'->place, document->'tasks'->-1)->>'id' as task, sum(participants)::int as participants
     from places p join condition_versions c on c.study_id = $1 and c.version = p.version and c.number = p.condition group by 1, 2`,
    [study],
  );
  return rows;
}
