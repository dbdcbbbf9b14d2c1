/** The lines as their pages show them: read once for all who look. */
import type { Queryable } from '../platform/postgres/database.js';
import { expectedWaits, type Supply } from './expected-wait.js';
import { isKept, joinSeen } from './presence.js';

/** Where somebody is in the line, or beyond it. `gone`: neither waits nor works. */
export type Place =
  | {
      readonly state: 'waiting';
      readonly before: number;
      readonly expected: number | null;
      readonly language: string;
    }
  | { readonly state: 'ready'; readonly instance: string }
  | { readonly state: 'gone' };

export interface Standing {
  readonly id: string;
  readonly profile: string;
  readonly language: string;
  readonly state: string;
  readonly instance: string | null;
}

export async function readStandings(database: Queryable, ids: readonly string[]): Promise<Standing[]> {
  const { rows } = await database.query<Standing>(
    `select p.id, v.profile, v.language, p.state, l.instance_id as instance
     from participants p join studies s on s.id = p.study_id
     join study_versions v on v.study_id = s.id and v.number = coalesce(p.version, s.version)
     left join leases l on l.participant_id = p.id and l.ended_at is null
     where p.id = any($1)`,
    [ids],
  );
  return rows;
}

/** The places of those who are somebody. These profiles are those of their lines. */
export async function readPlaces(
  database: Queryable,
  ids: readonly string[],
  profiles: readonly string[],
): Promise<Map<string, Place>> {
  // The line before those in it: whoever is served in between is told so, and not that they are behind all others.
  const lines = profiles.length === 0 ? new Map<string, Line>() : await readLines(database, profiles);
  const standings = await readStandings(database, ids);
  return new Map(standings.map((standing) => [standing.id, placeOf(standing, lines.get(standing.profile))]));
}

function placeOf({ id, language, state, instance }: Standing, line: Line | undefined): Place {
  if (state === 'working' && instance !== null) return { state: 'ready', instance };
  if (state !== 'waiting') return { state: 'gone' };
  // Whoever came after the line was read is behind all who were in it.
  const before = line?.positions.get(id) ?? line?.positions.size ?? 0;
  return { state: 'waiting', before, expected: line?.expected[before] ?? null, language };
}

interface Line {
  readonly positions: ReadonlyMap<string, number>;
  /** By position. */
  readonly expected: readonly (number | null)[];
}

/** Those of yesterday say little of those of today. */
const MEASURED = { most: 20, hours: 24 };

const supplies = `
select profile,
  (select count(*)::int from instances i where i.profile = profiles.profile and state = 'ready') as ready,
  array(select extract(epoch from now() - coalesce(dispatched_at, created_at))::float8 from instances i
        where i.profile = profiles.profile and state = 'booting') as booting,
  array(select extract(epoch from now() - leased_at)::float8 from instances i
        where i.profile = profiles.profile and state = 'leased') as leased,
  array(select extract(epoch from ready_at - coalesce(dispatched_at, created_at))::float8 from instances i
        where i.profile = profiles.profile and ready_at > now() - interval '${MEASURED.hours} hours'
        order by ready_at desc limit ${MEASURED.most}) as boots,
  array(select extract(epoch from l.ended_at - l.started_at)::float8 from leases l join instances i on i.id = l.instance_id
        where i.profile = profiles.profile and l.ended_at > now() - interval '${MEASURED.hours} hours'
        order by l.ended_at desc limit ${MEASURED.most}) as sessions
from unnest($1::text[]) profiles(profile)`;

async function readLines(database: Queryable, profiles: readonly string[]): Promise<Map<string, Line>> {
  const [line, supply] = await Promise.all([
    database.query<{ profile: string; id: string }>(
      `select v.profile, p.id from participants p join study_versions v on v.study_id = p.study_id and v.number = p.version ${joinSeen}
       where p.state = 'waiting' and v.profile = any($1) and ${isKept} order by p.queued_at, p.id`,
      [profiles],
    ),
    database.query<Supply & { profile: string }>(supplies, [profiles]),
  ]);
  return new Map(
    supply.rows.map((row) => {
      const ids = line.rows.filter(({ profile }) => profile === row.profile).map(({ id }) => id);
      const positions = new Map(ids.map((id, before) => [id, before]));
      return [row.profile, { positions, expected: expectedWaits(ids.length + 1, row) }];
    }),
  );
}
