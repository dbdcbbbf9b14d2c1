/** What a participant's record is kept in, how a batch of it is stored, and what already published studies choose of it. */
export const sql = `
set local search_path to observatory;

-- 100 million rows: one index, by which all that is asked of the record is one range (a participant's events from a number
-- on; an export reads participant by participant). What the intake stores belongs to a row of participants that it holds
-- locked, so the foreign keys only cost: two more look-ups a row. Postgres compresses the data of rows above 2 kB.
alter table events drop constraint events_study_id_fkey, drop constraint events_participant_id_fkey;
-- Of events that were stored before, no page's clock is known.
alter table events add column clock double precision not null default 0 check (clock >= 0);
alter table events alter column clock drop default;

-- Events of a page that is not the writer any more, such as an older tab's: kept, never mixed with the others.
create table stray_events (
  participant_id text not null references participants,
  page text not null,
  seq bigint not null check (seq >= 1),
  event jsonb not null,
  received_at timestamptz not null default now(),
  primary key (participant_id, page, seq)
);

alter table participants
  add column highest_seq bigint not null default 0,
  add column duplicates bigint not null default 0,
  add column lost bigint not null default 0,
  add column strays bigint not null default 0;
update participants set highest_seq = last_seq;
-- Each batch changes the participant's row: with room on its page the change touches no index.
alter table participants set (fillfactor = 50);

-- What a study records is read as it was stored, so what was published before says it too: all of it, as it was until now.
update studies set definition = jsonb_build_object(
  'notebook', '{"earlierTasks": "open", "completion": true, "askForSource": true}'::jsonb,
  'record', '{"keystrokes": true, "pastes": true, "copies": true, "focus": true, "scrolling": true, "window": true}'::jsonb
) || definition;

-- The study's loss counter stands apart from its counters of participants, which each join locks.
create function count_loss(study text, what text, more bigint) returns void language sql as $$
  insert into observatory.counters (study_id, scope, name, value) values (study, 'record', what, more)
  on conflict (study_id, scope, name) do update set value = observatory.counters.value + excluded.value
$$;

-- A page may say that its numbers go so far beyond what is stored; a page that says more is not believed.
create function believed_seq(said bigint, stored bigint) returns bigint language sql immutable as
  'select least(said, stored + 100000)';

-- Stores those of these batches that go on where their participant's record ends, which nearly all do, and names them. One
-- guarded update takes the numbers; many batches in one call cost Postgres half of what they cost one by one.
create function store_continuing(batches jsonb) returns setof integer language plpgsql set search_path to observatory as $$
begin
  return query with sent as (
    select * from jsonb_to_recordset(batches)
      as b(number integer, who text, instance text, writer text, first_seq bigint, final_seq bigint, events jsonb)),
  taken as (
    update participants p set last_seq = final_seq, highest_seq = greatest(highest_seq, final_seq), heartbeat_at = now()
    from sent where p.id = who and p.page = writer and p.last_seq = first_seq - 1 and p.state in ('working', 'waiting')
      and exists (select from leases l where l.participant_id = who and l.instance_id = instance)
    returning number, p.id, p.study_id, p.page, sent.events),
  stored as (
    insert into events (study_id, participant_id, seq, type, at, clock, page, task, cell, focus_seconds, data)
    select taken.study_id, taken.id, e.seq, e.type, e.at, e.clock, taken.page, e.task, e.cell, e."focusSeconds", e.data
    from taken, jsonb_to_recordset(taken.events) as e(seq bigint, type text, at timestamptz, clock double precision, task text,
                                                      cell text, "focusSeconds" double precision, data jsonb))
  select number from taken;
end
$$;

-- Stores events of one page that follow one another, or none, in one round trip. The participant's row is locked, so the numbers have
-- no gap and each is stored once, however often and from however many tabs it is sent.
create function store_events(
  who text, instance text, writer text, first_seq bigint, final_seq bigint, opened bigint, told_lost bigint, batch jsonb,
  out outcome text, out acknowledged bigint
) language plpgsql set search_path to observatory as $$
declare
  known bigint;
  gone bigint;
  strays_now bigint;
  p record;
begin
  select state, study_id, last_seq, highest_seq, page,
    exists (select from leases l where l.participant_id = who and l.instance_id = instance) as had
    into p from participants where id = who for update;
  acknowledged := p.last_seq;
  if p.had is not true then
    outcome := 'not-yours';
    return;
  end if;
  known := least(greatest(p.last_seq - first_seq + 1, 0), final_seq - first_seq + 1);
  if p.state not in ('working', 'waiting', 'finished') or (p.state = 'finished' and final_seq > p.last_seq) then
    outcome := 'ended';
    return;
  end if;
  -- What is sent again must be what is stored; a page takes over by its open, at the next number.
  if known > 0 and exists (select from events where participant_id = who and seq between first_seq and first_seq + known - 1 and page <> writer)
    or final_seq > p.last_seq and writer is distinct from p.page and (opened is null or opened <= p.last_seq) then
    insert into stray_events (participant_id, page, seq, event)
      select who, writer, (e ->> 'seq')::bigint, e from jsonb_array_elements(batch) e
      where not exists (select from events where participant_id = who and seq = (e ->> 'seq')::bigint and page = writer)
      on conflict do nothing;
    get diagnostics strays_now = row_count;
    if strays_now > 0 then
      update participants set strays = strays + strays_now, duplicates = duplicates + (final_seq - first_seq + 1 - strays_now) where id = who;
      perform count_loss(p.study_id, 'strays', strays_now);
    end if;
    outcome := 'other-page';
    return;
  end if;
  if first_seq > p.last_seq + 1 then
    update participants set highest_seq = greatest(highest_seq, believed_seq(final_seq, last_seq)), heartbeat_at = now() where id = who;
    outcome := 'gap';
    return;
  end if;
  insert into events (study_id, participant_id, seq, type, at, clock, page, task, cell, focus_seconds, data)
    select p.study_id, who, e.seq, e.type, e.at, e.clock, writer, e.task, e.cell, e."focusSeconds", e.data
    from jsonb_to_recordset(batch) as e(seq bigint, type text, at timestamptz, clock double precision, task text, cell text,
                                       "focusSeconds" double precision, data jsonb)
    where e.seq > p.last_seq;
  -- What an earlier page announced and never sent is lost when the next one takes its numbers.
  gone := told_lost + case when writer is distinct from p.page and final_seq > p.last_seq then p.highest_seq - p.last_seq else 0 end;
  acknowledged := greatest(final_seq, p.last_seq);
  update participants set last_seq = store_events.acknowledged, page = coalesce(writer, page), heartbeat_at = now(), duplicates = duplicates + known,
    lost = lost + gone, highest_seq = case when gone > 0 then store_events.acknowledged else greatest(highest_seq, store_events.acknowledged) end
    where id = who;
  if gone > 0 then
    perform count_loss(p.study_id, 'lost', gone);
  end if;
  outcome := 'stored';
end
$$;
`;
