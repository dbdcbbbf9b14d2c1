import { mayRun } from '../participants/instance.js';
import { isKept, joinSeen } from '../participants/presence.js';
import { stateInForce } from '../participants/study-state.js';
import { ARRIVAL_SECONDS, CLAIM_SECONDS } from './plan/observed.js';

/** The manager's statements: each asks for the writer's own term ($1), and each change writes its audit row. */

const ownTerm = '(select term from leadership) = $1';
const actor = `'manager'`;

export const viewRows = `
select id, profile, state, dispatch_term::float8 as "dispatchTerm", dispatched_at as "dispatchedAt", job_id as "jobId",
       job_version as "jobVersion", created_at as "createdAt", ready_at as "readyAt"
from instances where ${mayRun} order by created_at, id`;

// What the instances' profiles are wanted for: served by the partial indexes on those who arrive and who wait. Nobody boots an
// instance for who left the line without a word.
export const viewWanted = `
select coalesce(v.profile, studies.profile) as profile,
       count(*) filter (where p.state = 'waiting')::int as waiting,
       count(*) filter (where p.state = 'arrived' and studies.open)::int as arriving
from participants p
join (select id, profile, ${stateInForce} = 'open' as open from studies) studies on studies.id = p.study_id
left join study_versions v on v.study_id = p.study_id and v.number = p.version ${joinSeen}
where (p.state = 'waiting' and ${isKept})
   or (p.state = 'arrived' and p.arrived_at > now() - interval '${ARRIVAL_SECONDS} seconds')
group by 1`;

export const viewFailures = `
with latest_ready as (
  select profile, max(ready_at) as at from instances where state in ('ready', 'leased') group by profile),
failures as (
  select profile, reason, coalesce(stopped_at, dispatched_at, created_at) as at from instances
  where state = 'failed' and ready_at is null and created_at > now() - interval '15 minutes'
    and created_at > coalesce((select at from latest_ready where latest_ready.profile = instances.profile), '-infinity'))
select profile, count(*)::int as count, min(at) as first, max(at) as latest, (array_agg(reason order by at desc))[1] as reason
from failures group by profile`;

export const intendSome = `
with current as (select from leadership where term = $1 for share),
intended as (
  insert into instances (id, profile, dispatch_term, dispatched_at)
  select id, $3, case when $6 then $1::bigint end, case when $6 then now() end
  from unnest($2::text[]) id where exists (select from current)
  limit greatest(0, $4 - (select count(*) from instances where ${mayRun} and profile = $3))
  returning id, state),
audited as (
  insert into audit (subject, subject_id, to_state, actor, reason) select 'instance', id, state, ${actor}, $5 from intended)
select id from intended`;

export const claimOne = `
with claimed as (
  update instances set dispatch_term = $1, dispatched_at = now()
  where id = $2 and state = 'booting' and job_id is null and ${ownTerm}
    and (dispatched_at is null or dispatch_term < $1 or dispatched_at < now() - interval '${CLAIM_SECONDS} seconds')
  returning id, state)
insert into audit (subject, subject_id, from_state, to_state, actor, reason)
select 'instance', id, state, state, ${actor}, 'dispatch claimed in term ' || $1::bigint from claimed`;

export const releaseOne = `
update instances set dispatched_at = null
where id = $2 and state = 'booting' and job_id is null and dispatch_term = $1 and ${ownTerm}`;

export const noteOne = `
with noted as (
  update instances set job_id = $3, job_version = coalesce($4, job_version)
  where id = $2 and job_id is null and state <> 'stopped' and ${ownTerm} returning id, state)
insert into audit (subject, subject_id, from_state, to_state, actor, reason)
select 'instance', id, state, state, ${actor}, 'its job is ' || $3::text from noted`;

export const readyOne = `
with readied as (
  update instances set state = 'ready', ready_at = now(), node = $3
  where id = $2 and state = 'booting' and job_id is not null and ${ownTerm} returning id, ready_at, dispatched_at, created_at),
audited as (
  insert into audit (subject, subject_id, from_state, to_state, actor, reason)
  select 'instance', id, 'booting', 'ready', ${actor}, 'reached through Traefik' from readied)
select extract(epoch from ready_at - coalesce(dispatched_at, created_at))::float8 as seconds from readied`;

export const leaveOne = `
with before as (select id, study_id, state from instances where id = $2 and state = any($3) and ${ownTerm} for update),
left_behind as (
  update instances set state = $4, reason = $5, retired_at = case when $4 = 'retiring' then now() else retired_at end
  from before where instances.id = before.id returning instances.id),
ended as (
  update leases set ended_at = now(), end_reason = $5
  where instance_id in (select id from left_behind) and ended_at is null returning participant_id),
waiting as (
  update participants set state = 'waiting'
  where id in (select participant_id from ended) and state = 'working' returning id, study_id),
audited as (
  insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
  select study_id, 'participant', id, 'working', 'waiting', ${actor}, $5 from waiting)
insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
select study_id, 'instance', id, state, $4, ${actor}, $5 from before`;

export const stoppedOne = `
with before as (
  select id, study_id, state from instances
  where id = $2 and (state = 'retiring' or (state = 'failed' and stopped_at is null)) and ${ownTerm} for update),
gone as (
  update instances set state = case when before.state = 'retiring' then 'stopped' else 'failed' end, stopped_at = now()
  from before where instances.id = before.id returning instances.id, instances.state)
insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
select before.study_id, 'instance', before.id, before.state, gone.state, ${actor}, $3
from before join gone on gone.id = before.id`;

export const raiseOne = `
with raised as (update leadership set term = term + 1, holder = $1 returning term),
audited as (
  insert into audit (subject, subject_id, to_state, actor, reason)
  select 'leadership', $1, 'leading', ${actor}, 'term ' || term from raised)
select term::float8 as term from raised`;
