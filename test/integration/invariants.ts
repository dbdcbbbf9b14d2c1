import type { RunningWeb } from './running-web.js';

/** What has to hold of the rows, whatever was sent. */
const invariants: Readonly<Record<string, string>> = {
  'a participant at work without a lease': `select id from participants p where state = 'working'
     and not exists (select from leases where participant_id = p.id and ended_at is null)`,
  'a lease of nobody at work': `select participant_id from leases join participants p on p.id = participant_id
     where leases.ended_at is null and p.state <> 'working'`,
  'a leased instance without a lease': `select id from instances i where state = 'leased'
     and not exists (select from leases where instance_id = i.id and ended_at is null)`,
  'a participant in the study without consent or condition': `select id from participants
     where state in ('waiting', 'working', 'finished') and (consent is null or condition is null or version is null or consented_at is null)`,
  'a newcomer with a condition': `select id from participants where state = 'arrived' and (condition is not null or consent is not null)`,
  'a state without its audit row': `select id from participants p where not exists (select from audit
     where subject = 'participant' and subject_id = p.id and to_state = p.state)`,
  'events with a gap': `select participant_id from events group by participant_id having count(*) <> max(seq) or min(seq) <> 1`,
  'events that are not counted': `select id from participants p where last_seq <> (select coalesce(max(seq), 0) from events where participant_id = p.id)`,
  'counters that are not what the rows say': `select c.value from counters c where scope = 'study' and name = 'inFlight'
     and value <> (select count(*) from participants p where p.study_id = c.study_id and state in ('consented', 'waiting', 'working'))`,
  'finished that are not counted': `select c.value from counters c where scope = 'study' and name = 'completed'
     and value <> (select count(*) from participants p where p.study_id = c.study_id and state = 'finished')`,
};

export async function brokenInvariants({ database }: RunningWeb): Promise<string[]> {
  const broken: string[] = [];
  for (const [what, rows] of Object.entries(invariants)) {
    const found = await database.query(rows);
    if (found.rows.length > 0) broken.push(`${what}: ${JSON.stringify(found.rows.slice(0, 3))}`);
  }
  return broken;
}
