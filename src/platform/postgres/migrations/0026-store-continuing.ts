/** As in migration 5; since migration 16 participants have a `number` too, and this one is that of the batch. */
export const sql = `
set local search_path to observatory;

create or replace function store_continuing(batches jsonb) returns setof integer language plpgsql set search_path to observatory as $$
begin
  return query with sent as (
    select * from jsonb_to_recordset(batches)
      as b(number integer, who text, instance text, writer text, first_seq bigint, final_seq bigint, events jsonb)),
  taken as (
    update participants p set last_seq = sent.final_seq, highest_seq = greatest(p.highest_seq, sent.final_seq), heartbeat_at = now()
    from sent where p.id = sent.who and p.page = sent.writer and p.last_seq = sent.first_seq - 1 and p.state in ('working', 'waiting')
      and exists (select from leases l where l.participant_id = sent.who and l.instance_id = sent.instance)
    returning sent.number, p.id, p.study_id, p.page, sent.events),
  stored as (
    insert into events (study_id, participant_id, seq, type, at, clock, page, task, cell, focus_seconds, data)
    select taken.study_id, taken.id, e.seq, e.type, e.at, e.clock, taken.page, e.task, e.cell, e."focusSeconds", e.data
    from taken, jsonb_to_recordset(taken.events) as e(seq bigint, type text, at timestamptz, clock double precision, task text,
                                                      cell text, "focusSeconds" double precision, data jsonb))
  select taken.number from taken;
end
$$;
`;
