/** Who may enter the control pages, what of them, and for how long. */
export const sql = `
set local search_path to observatory;

-- A schema of its own: whoever may read all that is recorded reads no password's hash.
create schema accounts;

create table accounts.users (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9._@+-]{0,62}$' and name <> 'operator'),
  -- argon2id, in its usual text form; null for who signs in elsewhere.
  password text,
  role text not null check (role in ('viewer', 'researcher', 'admin')),
  disabled boolean not null default false,
  created_at timestamptz not null default now()
);

-- Which studies viewers and researchers see; admins see all.
create table accounts.rights (
  user_name text not null references accounts.users on delete cascade,
  study_id text not null references observatory.studies,
  primary key (user_name, study_id)
);

create table accounts.sessions (
  -- Whoever reads this table cannot enter with what is in it.
  id_hash text primary key check (id_hash ~ '^[0-9a-f]{64}$'),
  -- Null for the operator, who comes by the link of \`observatory control\`.
  user_name text references accounts.users on delete cascade,
  started_at timestamptz not null default now(),
  used_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sessions_user on accounts.sessions (user_name);

alter table audit drop constraint audit_subject_check,
  add constraint audit_subject_check check (subject in ('study', 'participant', 'instance', 'leadership', 'user'));

-- The funnel of a study is counted in this index alone, without the participants' rows.
create index participants_funnel on participants (study_id)
  include (state, condition, consented_at, queued_at, working_at);
`;
