/** Answers to the questions before the consent form: one row a participant, never changed. */
export const sql = `
set local search_path to observatory;

create table screenings (
  participant_id text primary key references participants,
  study_id text not null references studies,
  -- Which version of the questions was answered: \`studies.revision\` at that time.
  revision text not null,
  answers jsonb not null,
  fits boolean not null,
  answered_at timestamptz not null default now()
);
create index screenings_of_study on screenings (study_id);
`;
