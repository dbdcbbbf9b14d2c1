/** The original's tables, as views of ours: queries and scripts that know them go on. */
export const sql = String.raw`
set local search_path to observatory;

-- A schema of their own: ours has a table "conditions" too. Whoever wants the old names first puts "upstream" first in the search_path.
create schema upstream;

-- The original's serial ids were numbers.
alter table participants add column number bigint generated always as identity;

-- The original had one study; "set observatory.study = 'id'" shows one of several, and without it they show all.
create function shown(study text) returns boolean language sql stable as
  $$ select coalesce(nullif(current_setting('observatory.study', true), ''), study) = study $$;

-- As the balancing has it: the category is the level of the first factor, the one that changes last as conditions are numbered.
create view categories as
with factors as (
  select c.study_id, c.number, f.key as factor, f.value as level,
    first_value(f.value) over (partition by c.study_id, f.key order by c.number) as first_level
  from observatory.conditions c cross join jsonb_each_text(c.factors) f where c.active),
first_factor as (
  select distinct on (study_id) study_id, factor
  from (select study_id, factor, min(number) filter (where level <> first_level) as changes_at from factors group by study_id, factor) f
  where changes_at is not null order by study_id, changes_at desc)
select c.study_id, c.number, coalesce(dense_rank() over (partition by c.study_id order by l.since), 1)::integer as category
from observatory.conditions c
left join (first_factor join factors using (study_id, factor)) f on f.study_id = c.study_id and f.number = c.number
left join lateral (select min(number) as since from factors g where g.study_id = f.study_id and g.factor = f.factor and g.level = f.level) l on true
where c.active;

-- The original's tasknum by task: 0 the introduction, then the tasks as this participant has them, then the closing page.
create function task_numbers(document jsonb) returns jsonb language sql immutable as $$
  select jsonb_object_agg(task ->> 'id', case task ->> 'kind' when 'introduction' then 0 when 'task' then counted else total + 1 end)
  from (select task, count(*) filter (where task ->> 'kind' = 'task') over (order by place) as counted,
          count(*) filter (where task ->> 'kind' = 'task') over () as total
        from jsonb_array_elements(document -> 'tasks') with ordinality as t(task, place)) numbered
$$;

-- Recorded edits count UTF-16 units. A character beyond the BMP is followed by U+FFFF, which no text has, so that it counts as two.
create function to_units(source text) returns text language sql immutable as
  $$ select regexp_replace(replace(source, U&'\FFFF', U&'\FFFD'), '([\U00010000-\U0010FFFF])', U&'\\1\FFFF', 'g') $$;
-- Half of such a character is U+FFFD, as wherever we store one.
create function from_units(units text) returns text language sql immutable as $$
  select replace(regexp_replace(regexp_replace(units, '[\U00010000-\U0010FFFF](?!\uFFFF)', U&'\FFFD', 'g'),
    '([\U00010000-\U0010FFFF])\uFFFF', '\1', 'g'), U&'\FFFF', U&'\FFFD')
$$;

-- The text after the steps of an edit, both in units; null where they do not fit it. The same as applyEdit of rebuild.ts.
create function apply_edit(source text, steps jsonb) returns text language plpgsql immutable set search_path to observatory as $$
declare
  step jsonb;
  part jsonb;
  covered integer;
  at integer;
  changed text;
begin
  if jsonb_typeof(steps) is distinct from 'array' then
    return null;
  end if;
  for step in select value from jsonb_array_elements(steps) loop
    at := 1;
    changed := '';
    for part in select value from jsonb_array_elements(step -> 'changes') loop
      if jsonb_typeof(part) = 'number' then
        covered := part::integer;
        changed := changed || substr(source, at, covered);
      else
        covered := (part -> 0)::integer;
        if jsonb_array_length(part) > 1 then
          changed := changed || to_units((select string_agg(line, E'\n' order by n)
            from jsonb_array_elements_text(part) with ordinality as l(line, n) where n > 1));
        end if;
      end if;
      at := at + covered;
    end loop;
    if at <> length(source) + 1 then
      return null;
    end if;
    source := changed;
  end loop;
  return source;
end
$$;

-- A Jupyter notebook of a document whose cells have these texts (in units) and results. The same as toNotebook of nbformat.ts,
-- except that what a kernel adds to an output beyond the format's fields stays.
create function as_notebook(document jsonb, numbers jsonb, texts jsonb, results jsonb) returns jsonb language sql immutable as $$
  select jsonb_build_object('nbformat', 4, 'nbformat_minor', 5,
    'metadata', jsonb_build_object(
      'kernelspec', '{"name": "python3", "display_name": "Python 3", "language": "python"}'::jsonb,
      'language_info', '{"name": "python"}'::jsonb,
      'task_count', 1 + jsonb_array_length(jsonb_path_query_array(document, '$.tasks[*] ? (@.kind == "task")'))),
    'cells', jsonb_agg(case cell ->> 'type'
      when 'markdown' then jsonb_build_object('id', id, 'cell_type', 'markdown', 'source', cell -> 'source',
        'metadata', jsonb_build_object('tasknum', numbers -> (task ->> 'id'), 'runnable', false))
      else jsonb_build_object('id', id, 'cell_type', 'code', 'source', observatory.from_units(texts ->> id),
        'metadata', jsonb_build_object('tasknum', numbers -> (task ->> 'id'), 'runnable', cell -> 'runnable'),
        'execution_count', results -> id -> 'executionCount',
        'outputs', jsonb_path_query_array(results -> id -> 'outputs',
          '$[*] ? (@.output_type == "stream" || @.output_type == "display_data" || @.output_type == "execute_result" || @.output_type == "error")'))
      end order by t.place, c.place))
  from jsonb_array_elements(document -> 'tasks') with ordinality as t(task, place),
    jsonb_array_elements(task -> 'cells') with ordinality as c(cell, place), lateral (select cell ->> 'id' as id) named
$$;

-- The notebook of a participant as it was before their first edit, run or output.
create function first_document(who text) returns jsonb language sql stable as $$
  select coalesce(
    (select s.document from observatory.snapshots s where s.participant_id = who and s.seq < coalesce(
       (select min(e.seq) from observatory.events e where e.participant_id = who and e.type in ('edit', 'run', 'output')), s.seq + 1)
     order by s.seq desc limit 1), c.document)
  from observatory.participants p join observatory.conditions c on c.study_id = p.study_id and c.number = p.condition where p.id = who
$$;

-- What the original's page would have posted while this participant worked, in the letters of "main": the whole notebook as
-- their events made it until then, seconds in focus in steps of half a second, and the moments of the run clicks by task. A cell
-- whose edits do not fit, as events before them are gone, stays as it was until its next run or snapshot.
create function posts(who text) returns table (seq bigint, status text, received_at timestamptz, code jsonb, "time" jsonb)
language plpgsql stable rows 20 set search_path to observatory as $$
#variable_conflict use_column
declare
  base jsonb := first_document(who);
  numbers jsonb := task_numbers(base);
  texts jsonb;
  results jsonb;
  misfits text[] := '{}';
  loaded text;
  runs jsonb := '{}';
  task_number text;
  changed text;
  e record;
begin
  select jsonb_object_agg(cell ->> 'id', to_units(regexp_replace(cell ->> 'source', '\r\n?', E'\n', 'g'))),
    jsonb_object_agg(cell ->> 'id', jsonb_build_object('outputs', cell -> 'outputs', 'executionCount', cell -> 'executionCount'))
    into texts, results from jsonb_path_query(base, '$.tasks[*].cells[*] ? (@.type == "code")') as cell;
  for e in
    select ev.seq, ev.type, ev.page, ev.task, ev.cell, ev.at, ev.received_at, ev.focus_seconds, ev.data, s.document
    from events ev left join snapshots s on s.participant_id = ev.participant_id and s.seq = ev.seq
    where ev.participant_id = who
      and (ev.type in ('open', 'start', 'edit', 'run', 'output', 'next', 'skip', 'finish') or s.document is not null) order by ev.seq
  loop
    if e.page is distinct from loaded then
      loaded := e.page;
      runs := '{}';
    end if;
    if texts ? e.cell then
      if e.type = 'edit' and not e.cell = any(misfits) then
        changed := apply_edit(texts ->> e.cell, e.data -> 'steps');
        if changed is null then
          misfits := misfits || e.cell;
        else
          texts := jsonb_set(texts, array[e.cell], to_jsonb(changed));
        end if;
      elsif e.type = 'run' then
        misfits := array_remove(misfits, e.cell);
        texts := jsonb_set(texts, array[e.cell], to_jsonb(coalesce(to_units(e.data ->> 'source'), texts ->> e.cell)));
        results := jsonb_set(results, array[e.cell], '{"outputs": [], "executionCount": null}');
      elsif e.type = 'output' and jsonb_typeof(e.data -> 'outputs') = 'array' then
        results := jsonb_set(results, array[e.cell], e.data);
      end if;
    end if;
    task_number := numbers ->> e.task;
    if e.type = 'run' and task_number is not null then
      runs := jsonb_set(runs, array[task_number], coalesce(runs -> task_number, '[]')
        || to_jsonb(to_char(e.at at time zone 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS "GMT"')));
    end if;
    if misfits <> '{}' and e.document is not null then
      select texts || jsonb_object_agg(cell ->> 'id', to_units(cell ->> 'source')) into texts
        from jsonb_path_query(e.document, '$.tasks[*].cells[*] ? (@.type == "code")') as cell where cell ->> 'id' = any(misfits);
      misfits := '{}';
    end if;
    continue when e.type not in ('start', 'run', 'next', 'skip', 'finish');
    return query select e.seq, case e.type when 'start' then 'b' when 'run' then 'r' when 'next' then 's' when 'skip' then 'n' else 'f' end,
      e.received_at, as_notebook(base, numbers, texts, results),
      jsonb_build_object('focusTime', floor(e.focus_seconds * 2) / 2, 'execTime', runs::text);
  end loop;
end
$$;

set local search_path to upstream, observatory;

create view upstream.conditions as
select c.category, c.number as condition,
  trim(both '-' from regexp_replace(lower(o.name), '[^a-z0-9]+', '-', 'g')) || '.ipynb' as filename, md5(o.document::text) as hash
from observatory.categories c join observatory.conditions o using (study_id, number) where observatory.shown(c.study_id);

-- One row for whoever has got a condition, with the last instance that they had. Without kept addresses the same address is the
-- same number, and no more can be told from it.
create view upstream."createdInstances" as
select p.number as id, p.id as userid,
  coalesce(p.address, case when p.address_key is not null
    then 'address-' || dense_rank() over (partition by p.study_id order by p.address_key) end, '') as ip,
  case when p.origin ~ '^\d{1,9}$' then p.origin::integer else 0 end as origin,
  p.queued_at at time zone 'UTC' as "time",
  i.job_id as ec2instance, c.category, p.condition, l.instance_id as instanceid,
  p.state = 'finished' as finished,
  coalesce(p.heartbeat_at, p.queued_at) at time zone 'UTC' as heartbeat,
  l.ended_at is not null as "instanceTerminated",
  p.state in ('withdrawn', 'screened') as ignored
from observatory.participants p
left join observatory.categories c on c.study_id = p.study_id and c.number = p.condition
left join lateral (select * from observatory.leases l where l.participant_id = p.id order by l.id desc limit 1) l on true
left join observatory.instances i on i.id = l.instance_id
where p.condition is not null and observatory.shown(p.study_id);

create view upstream.consent as
select number as id, id as userid, token, consented_at at time zone 'UTC' as "time", true as accepted
from observatory.participants where consented_at is not null and observatory.shown(study_id);

-- Our own events, and what scripts posted. Ids grow with a participant's rows, so that "the newest" is found as before.
create view upstream.jupyter as
select number * 1000000 + row_number() over (partition by userid order by received_at, step) as id, userid, token,
  code::json as code, "time"::json as "time", status::varchar(1) as status, received_at at time zone 'UTC' as date
from (
  select p.number, p.id as userid, p.token, o.code, o."time", o.status, o.received_at, o.seq as step
  from observatory.participants p cross join lateral observatory.posts(p.id) o
  where p.condition is not null and observatory.shown(p.study_id)
  union all
  -- In the letters of "main", whichever were meant.
  select p.number, p.id, p.token, s.code, s."time", case s.reading when 'dev' then translate(s.status, 'sn', 'ns') else s.status end,
    s.received_at, s.id
  from observatory.submitted_code s join observatory.participants p on p.id = s.participant_id where observatory.shown(p.study_id)
) posted;

create view upstream.copy_pasted_code as
select number * 1000000 + row_number() over (partition by userid order by received_at, step) as id, userid, token,
  tasknum, cellid, code, received_at at time zone 'UTC' as "time"
from (
  select p.number, p.id as userid, p.token, observatory.task_numbers(c.document) ->> e.task as tasknum, e.cell as cellid,
    e.data ->> 'text' as code, e.received_at, e.seq as step
  from observatory.participants p
  join observatory.conditions c on c.study_id = p.study_id and c.number = p.condition
  join observatory.events e on e.participant_id = p.id and e.type = 'paste' and e.data ? 'text'
  where observatory.shown(p.study_id)
  union all
  select p.number, p.id, p.token, s.tasknum, s.cellid, s.code, s.received_at, s.id
  from observatory.submitted_pastes s join observatory.participants p on p.id = s.participant_id where observatory.shown(p.study_id)
) pasted;
`;
