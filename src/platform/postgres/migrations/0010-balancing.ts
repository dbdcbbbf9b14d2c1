/** Draws that can be replayed: the study's seed, and with each participant what the draw saw. */
export const sql = `
set local search_path to observatory;

alter table studies add column seed text not null default gen_random_uuid()::text;
alter table participants add column draw jsonb;

-- What was published before balanced by the fewest completed and in flight, and still does.
update studies set definition = '{"balancing": {"strategy": "least", "quotas": {}}}'::jsonb || definition;

-- One row is the lock of all counters of a study. What is read after it is what its last holder left: within a volatile function
-- each statement sees what was committed before it began.
create function lock_counters(study text, scopes text[]) returns table (scope text, name text, value bigint)
language plpgsql volatile as $$
begin
  perform from observatory.counters c where c.study_id = study and c.scope = 'study' and c.name = 'inFlight' for update;
  if not found then raise exception 'study % has no counters', study; end if;
  return query select c.scope, c.name, c.value from observatory.counters c where c.study_id = study and c.scope = any(scopes);
end $$;
`;
