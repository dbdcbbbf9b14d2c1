import { conditionScope } from '../../participants/counters.js';
import type { StudyState } from '../../participants/study-state.js';
import type { Queryable } from '../../platform/postgres/database.js';
import { entryTime } from '../../studies/entry.js';
import type { StudyPage } from '../../studies/revision.js';
import { type DropoutRow, dropoutRows } from './dropouts.js';
import { type Funnel, leftAt, readFunnel } from './funnel.js';

export interface Cell {
  readonly number: number;
  readonly name: string;
  /** Not drawn any more, since the study's files have not got it. */
  readonly active: boolean;
  readonly inFlight: number;
  readonly completed: number;
  readonly quota: number | null;
  readonly left: number;
}

export interface StudyHead {
  readonly id: string;
  readonly title: string;
  /** Its own. */
  readonly state: StudyState;
  /** What the live settings say above it, null when they say nothing. */
  readonly liveState: 'open' | 'paused' | null;
  readonly profile: string;
  readonly version: number;
  readonly revision: string;
}

const headColumns = `id, title, state, live_state as "liveState", profile, version, revision`;

export interface StudyView extends StudyHead {
  readonly entryTime: 'early' | 'open' | 'late';
  readonly strategy: string;
  readonly maxParticipants: number | null;
  /** In flight and completed: what the caps count. */
  readonly taken: number;
  readonly lost: number;
  readonly funnel: Funnel;
  readonly dropouts: readonly DropoutRow[];
  readonly cells: readonly Cell[];
}

interface Row extends StudyHead {
  readonly page: StudyPage;
  readonly counters: Readonly<Record<string, number>>;
}

/** A study as whoever runs it wants to see it; undefined for one that is not there. */
export async function readStudyView(database: Queryable, id: string): Promise<StudyView | undefined> {
  const { rows } = await database.query<Row>(
    `select ${headColumns}, definition as page,
       (select coalesce(jsonb_object_agg(scope || ' ' || name, value), '{}') from counters
        where study_id = studies.id and scope not like 'stratum:%') as counters
     from studies where id = $1`,
    [id],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const { page, counters, ...study } = row;
  const count = (scope: string, name: string): number => counters[`${scope} ${name}`] ?? 0;
  const funnel = await readFunnel(database, id);
  return {
    ...study,
    entryTime: entryTime(page.entry, new Date()),
    strategy: page.balancing.strategy,
    maxParticipants: page.caps.maxParticipants,
    taken: count('study', 'inFlight') + count('study', 'completed'),
    lost: count('record', 'lost') + count('record', 'strays'),
    funnel,
    dropouts: dropoutRows(funnel),
    cells: await readCells(database, id, page, funnel, count),
  };
}

async function readCells(
  database: Queryable,
  study: string,
  { balancing }: StudyPage,
  funnel: Funnel,
  count: (scope: string, name: string) => number,
): Promise<Cell[]> {
  const { rows } = await database.query<Pick<Cell, 'number' | 'name' | 'active'>>(
    'select number, name, active from conditions where study_id = $1 order by number',
    [study],
  );
  return rows.map((condition) => {
    const scope = conditionScope(condition.number, null);
    return {
      ...condition,
      inFlight: count(scope, 'inFlight'),
      completed: count(scope, 'completed'),
      quota: balancing.quotas[condition.name] ?? null,
      left: (funnel.byCondition.get(condition.number) ?? []).reduce((sum, step) => sum + leftAt(step), 0),
    };
  });
}

/** @param seen null: all of them */
export async function listStudies(database: Queryable, seen: readonly string[] | null): Promise<StudyHead[]> {
  const { rows } = await database.query<StudyHead>(
    `select ${headColumns} from studies where $1::text[] is null or id = any($1) order by id`,
    [seen],
  );
  return rows;
}
