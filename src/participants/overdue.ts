/** Whoever has an instance or waits for another one, and is away for too long, gives up what they have. */
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { leave } from './leave.js';
import { lockParticipant } from './participant.js';

/** As the version says that they began with. */
const setting = (name: string) => `(v.definition->'instance'->>'${name}')::int`;
const lastSign = 'greatest(p.heartbeat_at, p.working_at, l.started_at, seen.at)';

/** $1 is the time. Only who has worked: whoever has not lapses from the line much sooner. */
const overdue = `
select p.id, case when ${lastSign} < $1::timestamptz - make_interval(mins => ${setting('idleMinutes')})
  then 'no sign of life for ' || ${setting('idleMinutes')} || ' minutes'
  else 'had the instance for ' || ${setting('maxHours')} || ' hours' end as reason
from participants p join study_versions v on v.study_id = p.study_id and v.number = p.version
left join leases l on l.participant_id = p.id and l.ended_at is null
left join seen on seen.participant_id = p.id
where p.state in ('waiting', 'working') and p.working_at is not null
  and (${lastSign} < $1::timestamptz - make_interval(mins => ${setting('idleMinutes')})
    or l.started_at < $1::timestamptz - make_interval(hours => ${setting('maxHours')}))`;

/** Of all participants, only those who have an instance or wait are looked at. */
const candidates = `${overdue}
  and p.id in (select participant_id from leases where ended_at is null union select id from participants where state = 'waiting')
order by p.id`;

interface Overdue {
  readonly id: string;
  readonly reason: string;
}

/**
 * Ends what is overdue at this time, and returns the instances that are to be retired. Their participants have abandoned the
 * study; their work stays, and coming back they go on with it on another instance.
 */
export async function endOverdue(database: Database, now: Date): Promise<string[]> {
  const { rows } = await database.query<Overdue>(candidates, [now]);
  const retired: string[] = [];
  for (const { id } of rows) {
    const instance = await transaction(database, (client) => endOne(client, id, now));
    if (instance !== undefined) retired.push(instance);
  }
  return retired;
}

async function endOne(client: Queryable, id: string, now: Date): Promise<string | undefined> {
  await lockParticipant(client, id);
  // A sign of life may have come meanwhile.
  const { rows } = await client.query<Overdue & { instance: string | null }>(
    `select o.*, (select instance_id from leases where participant_id = o.id and ended_at is null) as instance
     from (${overdue} and p.id = $2) o`,
    [now, id],
  );
  const found = rows[0];
  if (found === undefined) return undefined;
  await leave(client, { participant: id, to: 'abandoned', reason: found.reason, actor: 'control' });
  return found.instance ?? undefined;
}
