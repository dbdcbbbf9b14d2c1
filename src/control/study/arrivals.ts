import type { Queryable } from '../../platform/postgres/database.js';

export interface Period {
  readonly from: Date;
  readonly arrived: number;
  readonly finished: number;
}

export interface Arrivals {
  readonly width: 'hour' | 'day' | 'week';
  /** From the first in which anything happened to the last, those without anything left out. */
  readonly periods: readonly Period[];
}

/** How many arrived and finished by when, in periods of UTC that are the longer the longer the study runs. */
export async function readArrivals(database: Queryable, study: string): Promise<Arrivals> {
  const { rows } = await database.query<Period & Pick<Arrivals, 'width'>>(
    `with moments as (
       select arrived_at as at, true as arrives from participants where study_id = $1
       union all
       select ended_at, false from participants where study_id = $1 and state = 'finished' and ended_at is not null),
     span as (
       select case when max(at) - min(at) < interval '2 days' then 'hour' when max(at) - min(at) < interval '90 days' then 'day' else 'week' end as width
       from moments)
     select width, date_trunc(width, at, 'UTC') as from, count(*) filter (where arrives)::int as arrived,
       count(*) filter (where not arrives)::int as finished
     from moments, span group by 1, 2 order by 2`,
    [study],
  );
  return {
    width: rows[0]?.width ?? 'hour',
    periods: rows.map(({ from, arrived, finished }) => ({ from, arrived, finished })),
  };
}
