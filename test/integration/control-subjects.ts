import { publishStudy } from '../../src/participants/study-store.js';
import { HELD, PERSON, THEIRS } from './control-cases.js';
import type { RunningWeb } from './running-web.js';

/** What the cases of the control area are about: another study, somebody who arrived, and one who works with each of the instances. */
export async function addSubjects(web: RunningWeb, held: readonly string[] = HELD): Promise<void> {
  await publishStudy(web.database, { ...web.study, id: 'another' });
  await web.database.query(
    `insert into participants (id, study_id, token, state) values ($1, $2, 'token0000001', 'arrived')`,
    [PERSON, THEIRS],
  );
  for (const [n, instance] of held.entries()) {
    await web.database.query(
      `with held as (insert into instances (id, profile, state, study_id, job_id, ready_at) values ($1, 'default', 'leased', $3, $1, now())),
       working as (
         insert into participants (id, study_id, token, state, condition, consented_at, queued_at, working_at)
         values ($2, $3, $2, 'working', 1, now(), now(), now()))
       insert into leases (study_id, participant_id, instance_id) values ($3, $2, $1)`,
      [instance, `holder${String(n).padStart(6, '0')}`, THEIRS],
    );
  }
  await web.database.query(
    `insert into counters (study_id, scope, name, value) select $1, scope, 'inFlight', $2 from unnest(array['study', 'condition:1']) scope
     on conflict (study_id, scope, name) do update set value = counters.value + excluded.value`,
    [THEIRS, held.length],
  );
}
