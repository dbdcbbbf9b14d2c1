/** Who is there while they wait, and what their waiting time is told from. */
export const sql = `
set local search_path to observatory;

-- Apart from participants: who is there is written every few seconds, and no such write may hide a row from those who serve the
-- line, who pass over what is locked.
create table seen (
  participant_id text primary key references participants on delete cascade,
  at timestamptz not null default now()
) with (fillfactor = 50);

create index instances_boots on instances (profile, ready_at desc) where ready_at is not null;
create index leases_ended on leases (ended_at desc) where ended_at is not null;
`;
