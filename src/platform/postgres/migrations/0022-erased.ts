/** Participants whose data is erased leave this behind: that there was one, in which condition, and nothing of who it was. */
export const sql = `
set local search_path to observatory;

create table erased (
  number bigint generated always as identity primary key,
  study_id text not null references studies,
  condition integer,
  -- In which state the participant was.
  state text not null,
  actor text not null,
  reason text not null,
  at timestamptz not null default now()
);

update studies set definition = jsonb_set(definition, '{keepDays}', 'null') where not definition ? 'keepDays';
`;
