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
create function to_units(source text) returns text language sql immutable as $$
  select case when source ~ '[\U00010000-\U0010FFFF\uFFFF]'
    then regexp_replace(replace(source, U&'\FFFF', U&'\FFFD'), '([\U00010000-\U0010FFFF])', U&'\\1\FFFF', 'g') else source end
$$;
-- Half of such a character is U+FFFD, as wherever we store one.
create function from_units(units text) returns text language sql immutable as $$
  select case when units ~ '[\U00010000-\U0010FFFF\uFFFF]'
    then replace(regexp_replace(regexp_replace(units, '[\U00010000-\U0010FFFF](?!\uFFFF)', U&'\FFFD', 'g'),
      '([\U00010000-\U0010FFFF])\uFFFF', '\1', 'g'), U&'\FFFF', U&'\FFFD') else units end
$$;

-- The text after the steps of an edit, both in units; null where they do not fit it. The same as applyEdit of rebuild.ts.
create function apply_edit(source text, steps jsonb) returns text language plpgsql immutable set search_path to observatory as $$
declare
  changes jsonb;
  part jsonb;
  covered integer;
  inserted text;
  at integer;
  changed text;
begin
  if jsonb_typeof(steps) is distinct from 'array' then
    return null;
  end if;
  for nth in 0 .. jsonb_array_length(steps) - 1 loop
    changes := steps -> nth -> 'changes';
    at := 1;
    changed := '';
    for place in 0 .. jsonb_array_length(changes) - 1 loop
      part := changes -> place;
      if jsonb_typeof(part) = 'number' then
        covered := part::integer;
        changed := changed || substr(source, at, covered);
      else
        covered := (part -> 0)::integer;
        inserted := part ->> 1;
        for line in 2 .. jsonb_array_length(part) - 1 loop
          inserted := inserted || E'\n' || (part ->> line);
        end loop;
        changed := changed || to_units(coalesce(inserted, ''));
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

-- Of the outputs of a cell, those that a Jupyter notebook may have.
create function as_outputs(outputs jsonb) returns jsonb language sql immutable as $$
  select jsonb_path_query_array(outputs,
    '$[*] ? (@.output_type == "stream" || @.output_type == "display_data" || @.output_type == "execute_result" || @.output_type == "error")')
$$;

-- A document as a Jupyter notebook. The same as toNotebook of nbformat.ts, except that what a kernel adds to an output beyond the
-- format's fields stays.
create function as_notebook(document jsonb, numbers jsonb) returns jsonb language sql immutable as $$
  select jsonb_build_object('nbformat', 4, 'nbformat_minor', 5,
    'metadata', jsonb_build_object(
      'kernelspec', '{"name": "python3", "display_name": "Python 3", "language": "python"}'::jsonb,
      'language_info', '{"name": "python"}'::jsonb,
      'task_count', 1 + jsonb_array_length(jsonb_path_query_array(document, '$.tasks[*] ? (@.kind == "task")'))),
    'cells', jsonb_agg(jsonb_build_object('id', cell -> 'id', 'cell_type', cell -> 'type') || case cell ->> 'type'
      when 'markdown' then jsonb_build_object('source', cell -> 'source',
        'metadata', jsonb_build_object('tasknum', numbers -> (task ->> 'id'), 'runnable', false))
      else jsonb_build_object('source', regexp_replace(cell ->> 'source', '\r\n?', E'\n', 'g'),
        'metadata', jsonb_build_object('tasknum', numbers -> (task ->> 'id'), 'runnable', cell -> 'runnable'),
        'execution_count', cell -> 'executionCount', 'outputs', observatory.as_outputs(cell -> 'outputs'))
      end order by t.place, c.place))
  from jsonb_array_elements(document -> 'tasks') with ordinality as t(task, place),
    jsonb_array_elements(task -> 'cells') with ordinality as c(cell, place)
$$;

-- The same notebook with another value in a field of a cell, the first cell being 1.
create function with_cell(notebook jsonb, place integer, field text, value jsonb) returns jsonb language sql immutable as $$
  select jsonb_set(notebook, array['cells', (place - 1)::text, field], value)
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
  numbers jsonb;
  notebook jsonb;
  -- By the cell's place in the notebook; of code cells only.
  texts text[];
  places jsonb;
  place integer;
  changed text;
  edited integer[] := '{}';
  misfits integer[] := '{}';
  loaded text;
  runs jsonb := '{}';
  task_number text;
  e record;
begin
  select task_numbers(base), as_notebook(base, task_numbers(base)) into numbers, notebook from first_document(who) base;
  -- Who has no condition has no notebook.
  if numbers is null then
    return;
  end if;
  select array_agg(to_units(cell ->> 'source') order by n), jsonb_object_agg(cell ->> 'id', n) filter (where cell ->> 'cell_type' = 'code')
    into texts, places from jsonb_array_elements(notebook -> 'cells') with ordinality as c(cell, n);
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
    place := places -> e.cell;
    if place is null then
      null;
    elsif e.type = 'edit' and not place = any(misfits) then
      changed := apply_edit(texts[place], e.data -> 'steps');
      if changed is null then
        misfits := misfits || place;
      else
        texts[place] := changed;
        edited := array_append(array_remove(edited, place), place);
      end if;
    elsif e.type = 'run' then
      texts[place] := coalesce(to_units(e.data ->> 'source'), texts[place]);
      misfits := array_remove(misfits, place);
      edited := array_append(array_remove(edited, place), place);
      notebook := with_cell(with_cell(notebook, place, 'outputs', '[]'), place, 'execution_count', 'null');
    elsif e.type = 'output' and jsonb_typeof(e.data -> 'outputs') = 'array' then
      notebook := with_cell(with_cell(notebook, place, 'outputs', as_outputs(e.data -> 'outputs')), place, 'execution_count',
        coalesce(e.data -> 'executionCount', 'null'));
    end if;
    task_number := numbers ->> e.task;
    if e.type = 'run' and task_number is not null then
      runs := jsonb_set(runs, array[task_number], coalesce(runs -> task_number, '[]')
        || to_jsonb(to_char(e.at at time zone 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS "GMT"')));
    end if;
    if misfits <> '{}' and e.document is not null then
      for changed, place in
        select to_units(cell ->> 'source'), (places -> (cell ->> 'id'))::integer from jsonb_path_query(e.document, '$.tasks[*].cells[*]') as cell
        where (places -> (cell ->> 'id'))::integer = any(misfits)
      loop
        texts[place] := changed;
        edited := array_append(array_remove(edited, place), place);
      end loop;
      misfits := '{}';
    end if;
    continue when e.type not in ('start', 'run', 'next', 'skip', 'finish');
    foreach place in array edited loop
      notebook := with_cell(notebook, place, 'source', to_jsonb(from_units(texts[place])));
    end loop;
    edited := '{}';
    seq := e.seq;
    status := case e.type when 'start' then 'b' when 'run' then 'r' when 'next' then 's' when 'skip' then 'n' else 'f' end;
    received_at := e.received_at;
    code := notebook;
    "time" := jsonb_build_object('focusTime', floor(e.focus_seconds * 2) / 2, 'execTime', runs::text);
    return next;
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

-- Our own events, and what scripts posted, in the letters of "main", whichever were meant. Ids grow with a participant's rows, so
-- that "the newest" is found as before.
create view upstream.jupyter as
select p.number * 1000000 + o.place as id, p.id as userid, p.token, o.code::json as code, o."time"::json as "time",
  o.status::varchar(1) as status, o.received_at at time zone 'UTC' as date
from observatory.participants p cross join lateral (
  select *, row_number() over (order by received_at, seq) as place from (
    select * from observatory.posts(p.id)
    union all
    select id, case reading when 'dev' then translate(status, 'sn', 'ns') else status end, received_at, code, "time"
    from observatory.submitted_code where participant_id = p.id) posted) o
where observatory.shown(p.study_id);

create view upstream.copy_pasted_code as
select p.number * 1000000 + o.place as id, p.id as userid, p.token, o.tasknum, o.cellid, o.code, o.received_at at time zone 'UTC' as "time"
from observatory.participants p
left join observatory.conditions c on c.study_id = p.study_id and c.number = p.condition
cross join lateral (
  select *, row_number() over (order by received_at, seq) as place from (
    select seq, observatory.task_numbers(c.document) ->> task as tasknum, cell as cellid, data ->> 'text' as code, received_at
    from observatory.events where participant_id = p.id and type = 'paste' and data ? 'text'
    union all
    select id, tasknum, cellid, code, received_at from observatory.submitted_pastes where participant_id = p.id) pasted) o
where observatory.shown(p.study_id);
`;
