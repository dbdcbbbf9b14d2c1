/** What was published stays as it was: participants go on with the version of the study that they began with. */
export const sql = `
set local search_path to observatory;

create table study_versions (
  study_id text not null references studies,
  number integer not null check (number >= 1),
  revision text not null,
  title text not null,
  language text not null,
  profile text not null,
  definition jsonb not null,
  published_at timestamptz not null default now(),
  published_by text not null,
  -- Of the software that rendered it; empty for what was published before there were versions.
  software text,
  primary key (study_id, number),
  unique (study_id, revision)
);

create table condition_versions (
  study_id text not null,
  version integer not null,
  number integer not null,
  name text not null,
  factors jsonb not null,
  document jsonb not null,
  starter_files jsonb not null,
  primary key (study_id, version, number),
  foreign key (study_id, version) references study_versions
);

-- The study's own files, from which the version can be made again.
create table version_files (
  study_id text not null,
  version integer not null,
  path text not null,
  content bytea not null,
  -- The name under which pages link to it, and its media type; empty for what is only read when the study is published.
  name text,
  type text,
  digest text not null generated always as (encode(sha256(content), 'hex')) stored,
  primary key (study_id, version, path),
  foreign key (study_id, version) references study_versions
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'a published version is never changed: %', tg_table_name;
end
$$;
create trigger immutable before update or delete on study_versions for each row execute function refuse_change();
create trigger immutable before update or delete on condition_versions for each row execute function refuse_change();
create trigger immutable before update or delete on version_files for each row execute function refuse_change();

-- The version for newcomers. What studies, conditions and study_files have besides is that version's.
alter table studies add column version integer,
  add foreign key (id, version) references study_versions deferrable initially deferred;

-- Empty until they have a condition.
alter table participants add column version integer,
  add foreign key (study_id, version, condition) references condition_versions;

-- Of studies without a version: what they have now is their first. Imports of older exports need it too.
create function begin_versions() returns void language plpgsql set search_path to observatory as $$
begin
  insert into study_versions (study_id, number, revision, title, language, profile, definition, published_at, published_by)
  select id, 1, revision, title, language, profile, definition, updated_at, 'before there were versions' from studies where version is null;
  insert into condition_versions (study_id, version, number, name, factors, document, starter_files)
  select c.study_id, 1, c.number, c.name, c.factors, c.document, c.starter_files
  from conditions c join studies s on s.id = c.study_id where s.version is null;
  insert into version_files (study_id, version, path, content, name, type)
  select f.study_id, 1, f.name, f.content, f.name, f.type from study_files f join studies s on s.id = f.study_id where s.version is null;
  update participants p set version = 1 from studies s
  where s.id = p.study_id and s.version is null and p.condition is not null and p.version is null;
  update studies set version = 1 where version is null;
end
$$;
select begin_versions();

-- Whoever has a condition has a version, also when a web process of the software before this lets them in during an upgrade.
create function take_version() returns trigger language plpgsql set search_path to observatory as $$
begin
  new.version := (select version from studies where id = new.study_id);
  return new;
end
$$;
create trigger take_version before insert or update of condition on participants
  for each row when (new.condition is not null and new.version is null) execute function take_version();

-- As in migration 16, with the document of the version that the participant has.
create or replace function first_document(who text) returns jsonb language sql stable as $$
  select coalesce(
    (select s.document from observatory.snapshots s where s.participant_id = who and s.seq < coalesce(
       (select min(e.seq) from observatory.events e where e.participant_id = who and e.type in ('edit', 'run', 'output')), s.seq + 1)
     order by s.seq desc limit 1), c.document)
  from observatory.participants p
  join observatory.condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition where p.id = who
$$;

create or replace view upstream.copy_pasted_code as
select p.number * 1000000 + o.place as id, p.id as userid, p.token, o.tasknum, o.cellid, o.code, o.received_at at time zone 'UTC' as "time"
from observatory.participants p
left join observatory.condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition
cross join lateral (
  select *, row_number() over (order by received_at, seq) as place from (
    select seq, observatory.task_numbers(c.document) ->> task as tasknum, cell as cellid, data ->> 'text' as code, received_at
    from observatory.events where participant_id = p.id and type = 'paste' and data ? 'text'
    union all
    select id, tasknum, cellid, code, received_at from observatory.submitted_pastes where participant_id = p.id) pasted) o
where observatory.shown(p.study_id);
`;
