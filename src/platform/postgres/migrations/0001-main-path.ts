/** The first schema: everything lives in `observatory`, so that views under the original's names can live in `public`. */
export const sql = `
create schema observatory;
set local search_path to observatory;

create table studies (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  title text not null,
  language text not null default 'en',
  profile text not null default 'default' check (profile ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  state text not null default 'draft' check (state in ('draft', 'open', 'paused', 'closed')),
  definition jsonb not null,
  revision text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table conditions (
  study_id text not null references studies,
  number integer not null check (number >= 1),
  name text not null,
  factors jsonb not null,
  document jsonb not null,
  active boolean not null default true,
  primary key (study_id, number)
);

create table participants (
  id text primary key check (id ~ '^[a-z0-9]{12}$'),
  study_id text not null references studies,
  token text not null check (token ~ '^[a-z0-9]{12}$'),
  state text not null default 'arrived'
    check (state in ('arrived', 'consented', 'waiting', 'working', 'finished', 'abandoned', 'withdrawn', 'screened')),
  condition integer,
  address text not null,
  consent jsonb,
  arrived_at timestamptz not null default now(),
  consented_at timestamptz,
  queued_at timestamptz,
  working_at timestamptz,
  ended_at timestamptz,
  heartbeat_at timestamptz,
  last_seq bigint not null default 0 check (last_seq >= 0),
  page text,
  foreign key (study_id, condition) references conditions,
  check (state in ('arrived', 'abandoned', 'withdrawn', 'screened') or consented_at is not null),
  check (state not in ('waiting', 'working', 'finished') or (condition is not null and queued_at is not null))
);
create index participants_line on participants (queued_at, id) where state = 'waiting';

create table instances (
  id text primary key check (id ~ '^[0-9a-f]{12}$'),
  study_id text references studies,
  profile text not null,
  state text not null default 'booting' check (state in ('booting', 'ready', 'leased', 'retiring', 'stopped', 'failed')),
  reason text,
  dispatch_term bigint,
  dispatched_at timestamptz,
  job_id text unique,
  job_version integer,
  node text,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  leased_at timestamptz,
  retired_at timestamptz,
  stopped_at timestamptz,
  check (state <> 'failed' or reason is not null),
  check (state not in ('ready', 'leased') or (job_id is not null and ready_at is not null)),
  check (state <> 'leased' or study_id is not null)
);
create index instances_live on instances (state, profile) where state <> 'stopped';

create table leases (
  id bigint generated always as identity primary key,
  study_id text not null references studies,
  participant_id text not null references participants,
  instance_id text not null references instances,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  end_reason text,
  check ((ended_at is null) = (end_reason is null))
);
create unique index leases_one_live_per_participant on leases (participant_id) where ended_at is null;
create unique index leases_one_live_per_instance on leases (instance_id) where ended_at is null;

create table events (
  study_id text not null references studies,
  participant_id text not null references participants,
  seq bigint not null check (seq >= 1),
  type text not null,
  at timestamptz not null,
  received_at timestamptz not null default now(),
  page text not null,
  task text,
  cell text,
  focus_seconds double precision not null check (focus_seconds >= 0),
  data jsonb not null,
  primary key (participant_id, seq)
);

create table snapshots (
  study_id text not null references studies,
  participant_id text not null references participants,
  seq bigint not null,
  document jsonb not null,
  received_at timestamptz not null default now(),
  primary key (participant_id, seq)
);

create table counters (
  study_id text not null references studies,
  scope text not null,
  name text not null,
  value bigint not null default 0 check (value >= 0),
  primary key (study_id, scope, name)
);

create table audit (
  id bigint generated always as identity primary key,
  study_id text references studies,
  subject text not null check (subject in ('study', 'participant', 'instance', 'leadership')),
  subject_id text not null,
  from_state text,
  to_state text not null,
  actor text not null,
  reason text,
  at timestamptz not null default now()
);
create index audit_subject on audit (subject, subject_id, id);

-- Fencing: a new leader raises the term; every write of the manager asks for its own term.
create table leadership (
  singleton boolean primary key default true check (singleton),
  term bigint not null default 0,
  holder text
);
insert into leadership default values;
`;
