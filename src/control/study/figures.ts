import type { Database } from '../../platform/postgres/database.js';
import { KeptBriefly } from '../../platform/kept-briefly.js';
import { type Arrivals, readArrivals } from './arrivals.js';
import { type InstanceHours, readInstanceHours } from './instance-hours.js';
import { readStops, readTaskTimes, type Stop, type TaskTimes } from './task-times.js';

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
}

export interface Figures {
  /** When they were counted. */
  readonly at: Date;
  /** Of each condition in its own order, by the condition's number; then those that only earlier versions of the study have. */
  readonly tasks: ReadonlyMap<number, readonly Task[]>;
  readonly times: readonly TaskTimes[];
  readonly stops: readonly Stop[];
  readonly arrivals: Arrivals;
  readonly hours: InstanceHours;
}

const KEPT_MS = 60_000;

/** What grows with all that was recorded: counted at most once a minute for each study, whoever looks. */
export const keptFigures = (database: Database): KeptBriefly<Figures> =>
  new KeptBriefly(KEPT_MS, (study) => readFigures(database, study));

export async function readFigures(database: Database, study: string): Promise<Figures> {
  const at = new Date();
  const tasks = await readTasks(database, study);
  const ids = [...new Set([...tasks.values()].flatMap((own) => own.map(({ id }) => id)))];
  const [times, stops, arrivals, hours] = await Promise.all([
    readTaskTimes(database, study, ids),
    readStops(database, study),
    readArrivals(database, study),
    readInstanceHours(database, study),
  ]);
  return { at, tasks, times, stops, arrivals, hours };
}

async function readTasks(database: Database, study: string): Promise<Map<number, Task[]>> {
  const { rows } = await database.query<{ number: number; tasks: Task[] }>(
    `select number, (select jsonb_agg(jsonb_build_object('id', t->'id', 'title', t->'title', 'kind', t->'kind') order by place)
       from jsonb_array_elements(document->'tasks') with ordinality as list(t, place)) as tasks
     from condition_versions where study_id = $1 order by number, version desc`,
    [study],
  );
  const all = new Map<number, Task[]>();
  for (const { number, tasks } of rows) {
    const own = all.get(number) ?? [];
    all.set(number, [...own, ...tasks.filter(({ id }) => own.every((known) => known.id !== id))]);
  }
  return all;
}
