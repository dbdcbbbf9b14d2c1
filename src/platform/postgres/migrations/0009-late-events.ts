/** What comes late from a page that another has taken over: kept apart after the finish too, and lost only once. */
export const sql = `
set local search_path to observatory;

-- Numbers that a page had announced and not sent when another took over. They count as lost until they come after all, as strays.
create table given_up (
  participant_id text not null references participants,
  page text not null,
  first_seq bigint not null,
  last_seq bigint not null,
  primary key (participant_id, first_seq)
);

-- How many of these events have no contents: what a page tells as lost, and what was refused as too large. An event that is
-- stored already counts no more.
create function contents_gone(batch jsonb, stored bigint, out lost bigint, out withheld bigint) language sql immutable as $$
  select coalesce(sum((e -> 'data' ->> 'count')::bigint) filter (where e ->> 'type' = 'lost'), 0),
    count(*) filter (where e -> 'data' ? 'withheld')
  from jsonb_array_elements(batch) e where (e ->> 'seq')::bigint > stored
$$;

-- Events of a page that is not the writer any more; those that were given up are not lost after all.
create function store_strays(who text, study text, writer text, batch jsonb) returns void
language plpgsql set search_path to observatory as $$
declare
  stored bigint;
  found_again bigint;
begin
  with kept as (
    insert into stray_events (participant_id, page, seq, event)
      select who, writer, (e ->> 'seq')::bigint, e from jsonb_array_elements(batch) e
      where not exists (select from events where participant_id = who and seq = (e ->> 'seq')::bigint and page = writer)
      on conflict do nothing
      returning seq)
  select count(*), count(g.first_seq) into stored, found_again
    from kept left join given_up g on g.participant_id = who and g.page = writer and kept.seq between g.first_seq and g.last_seq;
  if stored > 0 then
    update participants set strays = strays + stored, lost = lost - found_again,
      duplicates = duplicates + (jsonb_array_length(batch) - stored) where id = who;
    perform count_loss(study, 'strays', stored);
  end if;
  if found_again > 0 then
    update counters set value = greatest(value - found_again, 0) where study_id = study and scope = 'record' and name = 'lost';
  end if;
end
$$;

-- As in migration 5, but: strays come before the question whether the study is finished; only the writer announces numbers;
-- contents_gone_told only says that it is worth a look.
drop function store_events(text, text, text, bigint, bigint, bigint, bigint, jsonb);
create function store_events(
  who text, instance text, writer text, first_seq bigint, final_seq bigint, opened bigint, contents_gone_told bigint, batch jsonb,
  out outcome text, out acknowledged bigint
) language plpgsql set search_path to observatory as $$
declare
  known bigint;
  takes_over boolean;
  told record;
  gone bigint := 0;
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
  if p.state not in ('working', 'waiting', 'finished') then
    outcome := 'ended';
    return;
  end if;
  known := least(greatest(p.last_seq - first_seq + 1, 0), final_seq - first_seq + 1);
  takes_over := final_seq > p.last_seq and writer is distinct from p.page;
  -- What is sent again must be what is stored; a page takes over by its open, at the next number.
  if known > 0 and exists (select from events where participant_id = who and seq between first_seq and first_seq + known - 1 and page <> writer)
    or takes_over and (opened is null or opened <= p.last_seq) then
    perform store_strays(who, p.study_id, writer, batch);
    outcome := 'other-page';
    return;
  end if;
  if p.state = 'finished' and final_seq > p.last_seq then
    outcome := 'ended';
    return;
  end if;
  if first_seq > p.last_seq + 1 then
    update participants set heartbeat_at = now(),
      highest_seq = case when takes_over then highest_seq else greatest(highest_seq, believed_seq(final_seq, last_seq)) end where id = who;
    outcome := 'gap';
    return;
  end if;
  insert into events (study_id, participant_id, seq, type, at, clock, page, task, cell, focus_seconds, data)
    select p.study_id, who, e.seq, e.type, e.at, e.clock, writer, e.task, e.cell, e."focusSeconds", e.data
    from jsonb_to_recordset(batch) as e(seq bigint, type text, at timestamptz, clock double precision, task text, cell text,
                                       "focusSeconds" double precision, data jsonb)
    where e.seq > p.last_seq;
  select lost, withheld into told from contents_gone(case when contents_gone_told > 0 then batch else '[]' end, p.last_seq);
  -- What an earlier page announced and never sent is given up when the next one takes its numbers.
  if takes_over and p.highest_seq > p.last_seq then
    gone := p.highest_seq - p.last_seq;
    insert into given_up (participant_id, page, first_seq, last_seq)
      select who, p.page, p.last_seq + 1, p.highest_seq where p.page is not null;
  end if;
  acknowledged := greatest(final_seq, p.last_seq);
  -- Who tells of lost numbers has numbered anew what follows, as has a page that takes over.
  update participants set last_seq = store_events.acknowledged, page = coalesce(writer, page), heartbeat_at = now(), duplicates = duplicates + known,
    lost = lost + gone + told.lost + told.withheld,
    highest_seq = case when gone + told.lost > 0 then store_events.acknowledged else greatest(highest_seq, store_events.acknowledged) end
    where id = who;
  gone := gone + told.lost + told.withheld;
  if gone > 0 then
    perform count_loss(p.study_id, 'lost', gone);
  end if;
  outcome := 'stored';
end
$$;
`;
