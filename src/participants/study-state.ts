import type { Queryable } from '../platform/postgres/database.js';

/** A study's state for whoever reads it: what the live settings say, else its own. */
export const stateInForce = 'coalesce(live_state, state)';

/** $2: by study id, the state that the live settings want. A study that they do not name gets its own state back. */
const applyAll = `
with before as (
  select s.id, coalesce(s.live_state, s.state) as was, wanted.value as live, coalesce(wanted.value, s.state) as becomes
  from studies s left join jsonb_each_text($2) wanted on wanted.key = s.id
  where s.live_state is distinct from wanted.value and (select term from leadership) = $1 for update of s),
changed as (
  update studies set live_state = before.live, updated_at = now() from before where studies.id = before.id
  returning studies.id)
insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
select id, 'study', id, was, becomes, 'manager',
  case when live is null then 'the live settings say nothing any more' else 'live settings' end
from before where id in (select id from changed)
returning subject_id as id`;

export interface AppliedStates {
  /** Studies for which the live settings say something else than before. */
  readonly changed: readonly string[];
  /** Named in the live settings, but not published here. */
  readonly unknown: readonly string[];
}

/** Puts what the live settings say of the studies in force, provided that the term is still the leader's. */
export async function applyStudyStates(
  database: Queryable,
  term: number,
  states: Readonly<Record<string, 'open' | 'paused'>>,
): Promise<AppliedStates> {
  const wanted = JSON.stringify(states);
  const applied = await database.query<{ id: string }>(applyAll, [term, wanted]);
  const unknown = await database.query<{ id: string }>(
    'select key as id from jsonb_each_text($1) where key not in (select id from studies) order by key',
    [wanted],
  );
  const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
  return { changed: ids(applied.rows), unknown: ids(unknown.rows) };
}

export type StudyState = 'draft' | 'open' | 'paused' | 'closed';

export interface StateChange {
  readonly study: string;
  /** As whoever changes it has seen it. */
  readonly from: StudyState;
  readonly to: StudyState;
  readonly actor: string;
}

/** Changes the study's own state; false when it is not `from` any more. What the live settings say stays in force above it. */
export async function changeStudyState(database: Queryable, { study, from, to, actor }: StateChange): Promise<boolean> {
  const { rowCount } = await database.query(
    `with changed as (
       update studies set state = $3, updated_at = now() where id = $1 and state = $2 returning live_state)
     insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
     select $1, 'study', $1, $2, $3, $4, 'not in force: the live settings say ' || live_state from changed`,
    [study, from, to, actor],
  );
  return rowCount === 1;
}
