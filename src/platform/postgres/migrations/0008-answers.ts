/** Answers to the exit survey on a page of our own: one row a participant, never changed. */
export const sql = `
set local search_path to observatory;

create table answers (
  participant_id text primary key references participants,
  study_id text not null references studies,
  -- Which version of the questions was answered: \`studies.revision\` at that time.
  revision text not null,
  answers jsonb not null,
  answered_at timestamptz not null default now()
);
create index answers_of_study on answers (study_id);
`;
