import type { Queryable } from '../../platform/postgres/database.js';

export const steps = ['arrived', 'consented', 'waiting', 'working', 'finished'] as const;
export type Step = (typeof steps)[number];

export const leaving = ['abandoned', 'withdrawn', 'screened'] as const;
export type Leaving = (typeof leaving)[number];

export interface FunnelStep {
  readonly step: Step;
  /** Participants who came at least so far. */
  readonly reached: number;
  /** Those of them who are at this step now. */
  readonly now: number;
  /** Those of them who left here. */
  readonly left: Readonly<Record<Leaving, number>>;
}

export interface Funnel {
  readonly steps: readonly FunnelStep[];
  /** The same of those who have this condition, by its number. Nobody has one before they joined: before `waiting`. */
  readonly byCondition: ReadonlyMap<number, readonly FunnelStep[]>;
}

/** All who left at a step, one way or another. */
export const leftAt = ({ left }: FunnelStep): number => leaving.reduce((sum, way) => sum + left[way], 0);

interface Group {
  readonly state: Step | Leaving;
  readonly furthest: Exclude<Step, 'finished'>;
  readonly condition: number | null;
  readonly count: number;
}

/** How far participants came. Read from an index that holds all of it, so that no participant’s row is touched. */
export async function readFunnel(database: Queryable, study: string): Promise<Funnel> {
  const { rows } = await database.query<Group>(
    `select state, condition, count(*)::int as count,
       case when working_at is not null then 'working' when queued_at is not null then 'waiting'
         when consented_at is not null then 'consented' else 'arrived' end as furthest
     from participants where study_id = $1 group by state, condition, furthest`,
    [study],
  );
  return funnelOf(rows);
}

export function funnelOf(groups: readonly Group[]): Funnel {
  const conditions = new Set(groups.flatMap(({ condition }) => condition ?? []));
  const of = (number: number): readonly FunnelStep[] => stepsOf(groups.filter(({ condition }) => condition === number));
  return { steps: stepsOf(groups), byCondition: new Map([...conditions].map((number) => [number, of(number)])) };
}

function stepsOf(groups: readonly Group[]): FunnelStep[] {
  const sum = (which: (group: Group) => boolean): number =>
    groups.reduce((total, group) => total + (which(group) ? group.count : 0), 0);
  const reachedBy = ({ state, furthest }: Group): number => steps.indexOf(state === 'finished' ? 'finished' : furthest);
  return steps.map((step, place) => ({
    step,
    reached: sum((group) => reachedBy(group) >= place),
    now: sum(({ state }) => state === step),
    left: Object.fromEntries(
      leaving.map((way) => [way, sum((group) => group.state === way && reachedBy(group) === place)]),
    ) as Record<Leaving, number>,
  }));
}
