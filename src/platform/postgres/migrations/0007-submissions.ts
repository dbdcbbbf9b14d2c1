/** What scripts post to the original's addresses. Views under the original's names unite it with our own events. */
export const sql = `
set local search_path to observatory;

create table submitted_code (
  id bigint generated always as identity primary key,
  study_id text not null references studies,
  participant_id text not null references participants,
  status text not null check (status in ('b', 'r', 'n', 's', 'f')),
  -- The original's versions swapped two letters: 's' is solved and 'n' not solved in 'main', the other way round in 'dev'.
  reading text not null default 'main' check (reading in ('main', 'dev')),
  code jsonb not null,
  time jsonb,
  received_at timestamptz not null default now()
);
create index submitted_code_newest on submitted_code (participant_id, id);

create table submitted_pastes (
  id bigint generated always as identity primary key,
  study_id text not null references studies,
  participant_id text not null references participants,
  tasknum text not null,
  cellid text not null,
  code text not null,
  received_at timestamptz not null default now()
);
create index submitted_pastes_of on submitted_pastes (participant_id, id);
`;
