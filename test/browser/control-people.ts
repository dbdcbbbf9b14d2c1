import { writePassReport } from '../../src/platform/pass-report.js';
import type { RunningWeb } from '../integration/running-web.js';
import { PlainParticipant } from './running-platform.js';

/** Ready instances, a failed one, and participants everywhere on the way. */
export async function somePeople(web: RunningWeb): Promise<void> {
  await web.makeReady(9);
  await web.database.query(
    `update instances set node = 'infra-' || (1 + right(id, 1)::int % 3), dispatched_at = ready_at - interval '4.2 s' where state = 'ready'`,
  );
  await web.database.query(
    `insert into instances (id, profile, state, reason, node, job_id) values ('00000000aa01', 'default', 'failed', $1, 'infra-2', 'job-aa01')`,
    ['The instance ended by itself. OOM Killed: the task used more than its 128 MB of memory.'],
  );
  for (let n = 0; n < 14; n += 1) {
    const who = new PlainParticipant(web.address);
    await who.consent();
    const at = n < 8 ? await who.assigned() : undefined;
    const headers = { 'content-type': 'application/json', 'x-observatory': '1' };
    if (n < 5) await who.request(`${at}finish`, { method: 'POST', headers, body: '{"seq":0}' });
    if (n > 5 && n < 10) await who.request('/withdraw', { method: 'POST', body: new URLSearchParams() });
  }
  for (let n = 0; n < 6; n += 1) await new PlainParticipant(web.address).request('/consent?study=crypto-api');
  const pool = { profile: 'default', job: 'observatory-instance', version: 1, min: 2, max: 10, maxInstances: 200 };
  const counts = { target: 4, waiting: 0, booting: 0, ready: 0, leased: 0, retiring: 0, failed: 0 };
  await web.database.query(`update leadership set holder = 'infra-3/4711/0a1b2c3d'`);
  await writePassReport(web.database, 0, {
    ...{ milliseconds: 41, actions: { dispatch: { done: 2, failed: 0 } }, drained: false },
    problems: ['Pool default: no node has 128 MB of memory left; 2 placements wait.'],
    pools: [{ ...pool, ...counts }],
  });
}
