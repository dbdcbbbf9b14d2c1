import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cache } from '../local/cache.js';
import { type Cleanup, withCleanup } from '../local/cleanup.js';
import { playParticipant, type Visit } from '../local/participant.js';
import { packageRoot } from '../platform/root.js';
import { type Stack, startProcess, startStack } from '../local/stack.js';
import { issueInvitations } from '../participants/invitations.js';
import { publishStudy } from '../participants/study-store.js';
import { type Database, openDatabase } from '../platform/postgres/database.js';
import { migrate } from '../platform/postgres/migrate.js';
import { controlLink } from './control-link.js';
import { studyToTry } from './study-to-try.js';
import { readStudy, type Study } from '../studies/read.js';

const STUDY = 'crypto-api';
const POOL_SIZE = 2;

/** The whole system on this machine. With `once` it plays one participant through and ends; otherwise it stays up. */
export async function demo({ once, study: chosen = STUDY }: { once: boolean; study?: string }): Promise<void> {
  // Before anything starts: a mistake in it is said at once.
  const study = await studyToTry(chosen);
  const runs = path.join(packageRoot, '.run');
  mkdirSync(runs, { recursive: true });
  const runDir = mkdtempSync(path.join(runs, 'demo-'));
  console.log(`logs      ${path.join(runDir, 'logs')}`);
  await withCleanup(async (cleanup) => {
    const stack = await startStack({ runDir, cleanup, poolSize: POOL_SIZE, log: console.log });
    const database = await prepareDatabase(stack, cleanup, study);
    // The manager's first pass wants the gate; starting both at once saves a second.
    await Promise.all([startProcess(stack, cleanup, 'web'), startProcess(stack, cleanup, 'manager')]);
    const link = await linkTo(study, stack.publicUrl, database);
    printAddresses(stack, link);
    if (once) await playOnce(link, database);
    else await untilStopped();
  });
}

export async function prepareDatabase(stack: Stack, cleanup: Cleanup, study?: Study): Promise<Database> {
  const database = openDatabase(stack.environment['DATABASE_URL']!, () => undefined);
  cleanup.add({ name: 'database connections', stop: () => database.end() });
  await migrate(database);
  await publishStudy(database, study ?? (await readStudy(path.join(packageRoot, 'studies', STUDY))));
  return database;
}

/** A study that wants invitations gets one. */
async function linkTo({ id, entry }: Study, publicUrl: string, database: Database): Promise<string> {
  const link = new URL('/', publicUrl);
  link.searchParams.set('study', id);
  if (entry.by.includes('link') || !entry.by.includes('invitation')) return link.href;
  const [issued] = await issueInvitations(database, { studyId: id, count: 1, expires: null, pairs: false });
  for (const [name, value] of Object.entries(issued!.token)) link.searchParams.set(name, value);
  return link.href;
}

function printAddresses(stack: Stack, link: string): void {
  console.log(`
study     ${link}
control   ${controlLink(stack.publicUrl, stack.environment['OBSERVATORY_SECRET']!)}
nomad     ${stack.nomad.address}${stack.nomad.source === 'stand-in' ? '  (stand-in: no nomad on the path)' : '/ui'}
consul    ${stack.environment['CONSUL_HTTP_ADDR']}/ui
traefik   ${stack.traefikAdminUrl === undefined ? '' : `${stack.traefikAdminUrl}/dashboard/`}
logs      ${stack.logDir}
`);
}

async function playOnce(link: string, database: Database): Promise<void> {
  const cache = new Cache(undefined, console.log);
  const visit = await playParticipant({ cache, studyLink: link, log: console.log });
  const report = await reportOn(visit, database);
  if (!report.ok) process.exitCode = 1;
  console.log(JSON.stringify(report));
}

interface Report {
  readonly ok: boolean;
  readonly participant: string;
  readonly condition: string;
  readonly instance: { readonly id: string; readonly state: string };
  readonly seconds: Visit['seconds'];
  readonly events: { readonly sent: number; readonly acknowledged: number; readonly lost: number };
}

/** How long an instance may take to stop after its participant has finished. */
const STOP_SECONDS = 20;

async function reportOn(visit: Visit, database: Database): Promise<Report> {
  const { rows } = await database.query<{
    id: string;
    state: string;
    condition: string;
    acknowledged: string;
    stored: string;
  }>(
    `select p.id, p.state, c.name as condition, p.last_seq as acknowledged,
       (select count(*) from events e where e.participant_id = p.id) as stored
     from leases l join participants p on p.id = l.participant_id
     join conditions c on c.study_id = p.study_id and c.number = p.condition where l.instance_id = $1`,
    [visit.instanceId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`no participant had the instance ${visit.instanceId}`);
  const state = await stateWhenStopped(visit.instanceId, database);
  const lost = visit.sent - Number(row.stored);
  return {
    ok: row.state === 'finished' && state === 'stopped' && lost === 0,
    participant: row.id,
    condition: row.condition,
    instance: { id: visit.instanceId, state },
    seconds: visit.seconds,
    events: { sent: visit.sent, acknowledged: Number(row.acknowledged), lost },
  };
}

async function stateWhenStopped(instanceId: string, database: Database): Promise<string> {
  for (const deadline = Date.now() + STOP_SECONDS * 1000; ; await sleep(100)) {
    const { rows } = await database.query<{ state: string }>('select state from instances where id = $1', [instanceId]);
    const state = rows[0]?.state ?? 'unknown';
    if (state === 'stopped' || Date.now() > deadline) return state;
  }
}

/** The cleanup ends this process when a signal comes; until then something must keep it alive. */
async function untilStopped(): Promise<void> {
  console.log('Press Ctrl-C to stop everything.');
  await new Promise<void>(() => setInterval(() => undefined, 1 << 30));
}
