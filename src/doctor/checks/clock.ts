import type { Inquiry } from '../../platform/inquiry.js';
import type { Queryable } from '../../platform/postgres/database.js';
import { type Check, type Finding, notTried, well, wrong } from '../check.js';
import { CLOCK_LIMIT_SECONDS, clockProblem, type ClockReading, readingOf } from '../clock.js';
import type { Ground } from '../ground.js';

export function clockCheck(ground: Ground): Check {
  return { name: 'clock', needs: [], run: (signal) => compare(ground, signal) };
}

/** Who cannot be reached is left out: that is another check's finding. */
async function compare({ database, nomad, consul }: Ground, signal: AbortSignal): Promise<Finding> {
  const readings = await Promise.allSettled([
    postgresClock(database),
    httpClock('Nomad', nomad, signal),
    httpClock('Consul', consul, signal),
  ]);
  const read = readings.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []));
  if (read.length === 0) return notTried('neither Postgres nor Nomad nor Consul told its time');
  const tried = `this machine's clock against ${read.map(({ source }) => source).join(', ')}`;
  const problem = clockProblem(read);
  if (problem !== undefined) {
    const advice = `Let all machines follow NTP (chrony, systemd-timesyncd). More than ${CLOCK_LIMIT_SECONDS} s apart, deadlines and sessions end at the wrong time.`;
    return wrong(tried, problem, advice);
  }
  return well(tried, `no more than ${CLOCK_LIMIT_SECONDS} s apart`);
}

async function postgresClock(database: Queryable): Promise<ClockReading | undefined> {
  const sent = Date.now();
  const { rows } = await database.query<{ now: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
  );
  return rows[0] === undefined ? undefined : readingOf('Postgres', sent, Date.now(), rows[0].now, 0);
}

/** An HTTP date shows whole seconds. */
async function httpClock(source: string, inquiry: Inquiry, signal: AbortSignal): Promise<ClockReading | undefined> {
  const sent = Date.now();
  const { date } = await inquiry.ask('GET', '/v1/status/leader', { signal });
  return date === undefined ? undefined : readingOf(source, sent, Date.now(), date.getTime(), 1);
}
