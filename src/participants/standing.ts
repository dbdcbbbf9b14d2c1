import type { Queryable } from '../platform/postgres/database.js';

/** How a study stands just now, for whoever watches the platform. */
export interface Standing {
  readonly study: string;
  /** Participants who have an instance. */
  readonly working: number;
  /** Participants in the line. */
  readonly waiting: number;
  /** Of whoever has waited longest. */
  readonly waitSeconds: number;
  /** Events that never arrived, by what became of them, or that are kept apart. */
  readonly loss: Readonly<Record<string, number>>;
}

/** Asks only what does not grow with history. */
export async function readStanding(database: Queryable): Promise<Standing[]> {
  const { rows } = await database.query<Standing>(
    `select s.id as study,
       (select count(*)::int from leases where study_id = s.id and ended_at is null) as working,
       coalesce(line.waiting, 0)::int as waiting, coalesce(line.seconds, 0)::float8 as "waitSeconds",
       coalesce((select jsonb_object_agg(name, value) from counters where study_id = s.id and scope = 'record'), '{}') as loss
     from studies s left join (
       select study_id, count(*) as waiting, max(extract(epoch from now() - ${waitsSince('p')})) as seconds
       from participants p where state = 'waiting' group by study_id) line on line.study_id = s.id
     order by s.id`,
  );
  return rows;
}

/** In SQL, of a participant who waits: since when. Whoever lost an instance keeps their old place, but waits only since then. */
export const waitsSince = (p: string): string =>
  `greatest(${p}.queued_at, (select max(ended_at) from leases where participant_id = ${p}.id))`;
