import { z } from 'zod';
import { instanceProcesses, type InstanceProcess } from '../../../src/local/instance-processes.js';
import { mayRun } from '../../../src/participants/instance.js';
import { keys } from '../../../src/platform/redis.js';
import { poll } from '../../poll.js';
import type { FaultStack } from './fault-stack.js';

/** What each part of the system says, read from the part itself and not through the code that is tested. */
export interface Books {
  readonly rows: readonly Row[];
  /** Instance and participant of each live lease. */
  readonly leases: readonly { readonly instance: string; readonly participant: string; readonly state: string }[];
  readonly children: readonly { readonly job: string; readonly instance: string | undefined }[];
  readonly allocations: readonly { readonly job: string; readonly status: string }[];
  readonly entries: readonly { readonly instance: string; readonly passing: boolean }[];
  readonly processes: readonly InstanceProcess[];
  readonly queued: readonly string[];
  readonly booting: string | null;
  readonly old: readonly string[];
}

interface Row {
  readonly id: string;
  readonly state: string;
  readonly job: string | null;
}

export interface Expected {
  readonly ready: number;
  readonly leased?: number;
}

/** Waits until all books agree on so many instances; tells what they say when they do not. */
export async function booksAgree(stack: FaultStack, expected: Expected, seconds = 60): Promise<void> {
  let found: string[] = [];
  const look = async () => {
    found = await readBooks(stack).then(
      (books) => differences(books, expected),
      (error: unknown) => [`the books cannot be read: ${String(error)}`],
    );
    return found.length === 0;
  };
  try {
    await poll('the books agree', look, seconds);
  } catch (error) {
    throw new Error(`the books disagree after ${seconds} s:\n${found.map((line) => `  ${line}`).join('\n')}`, {
      cause: error,
    });
  }
}

/** A sentence for each thing in which the books disagree with each other or with what is expected. */
export function differences(books: Books, { ready, leased = 0 }: Expected): string[] {
  const { rows, children, leases, allocations, entries, processes } = books;
  const ids = rows.map(({ id }) => id);
  const inState = (state: string) => rows.filter((row) => row.state === state).map(({ id }) => id);
  const passing = entries.filter((entry) => entry.passing).map(({ instance }) => instance);
  const running = allocations.filter(({ status }) => status === 'running').map(({ job }) => job);
  return [
    ...unless(inState('ready').length === ready, `${ready} ready expected, there are: ${list(inState('ready'))}`),
    ...unless(inState('leased').length === leased, `${leased} leased expected, there are: ${list(inState('leased'))}`),
    ...unless(
      ready + leased === rows.length,
      `rows on the way: ${list(rows.map(({ id, state }) => `${id} ${state}`))}`,
    ),
    ...same(
      'live leases',
      leases.map(({ instance }) => instance),
      'leased rows',
      inState('leased'),
    ),
    ...leases
      .filter(({ state }) => state !== 'working')
      .map(({ participant, state }) => `participant ${participant} has a lease and is ${state}`),
    ...same(
      'children in Nomad',
      children.map(({ job, instance }) => `${instance} ${job}`),
      'rows',
      rows.map(({ id, job }) => `${id} ${job}`),
    ),
    ...same(
      'running allocations',
      running,
      'rows',
      rows.map(({ job }) => String(job)),
    ),
    ...unless(
      running.length === allocations.length,
      `allocations on the way: ${list(allocations.map(({ job, status }) => `${job} ${status}`))}`,
    ),
    ...same(
      'entries in Consul',
      entries.map(({ instance }) => instance),
      'rows',
      ids,
    ),
    ...same('passing entries in Consul', passing, 'rows', ids),
    ...same(
      'processes',
      processes.map(({ instance }) => instance),
      'rows',
      ids,
    ),
    ...redis(books),
  ];
}

function redis({ rows, queued, booting, old }: Books): string[] {
  // In order: Redis hands out the oldest first, as Postgres does. To the millisecond, which is what managers see.
  const expected = rows.filter(({ state }) => state === 'ready').map(({ id, job }) => `${job}|||${id}`);
  return [
    ...unless(
      queued.join() === expected.join(),
      `${keys.queued} is ${list(queued)}, the ready rows are ${list(expected)}`,
    ),
    ...unless(booting === '0', `${keys.booting} is ${booting}, nothing boots`),
    ...unless(old.length === 0, `${keys.old} still holds ${list(old)}`),
  ];
}

const unless = (holds: boolean, sentence: string): string[] => (holds ? [] : [sentence]);
const list = (values: readonly string[]): string => (values.length === 0 ? 'none' : values.join(', '));

/** Doubles count: a thing that is there twice differs from one that is there once. */
function same(oneName: string, one: readonly string[], otherName: string, other: readonly string[]): string[] {
  const [first, second] = [[...one].sort(), [...other].sort()];
  return unless(first.join() === second.join(), `${oneName}: ${list(first)}; ${otherName}: ${list(second)}`);
}

export async function readBooks(stack: FaultStack): Promise<Books> {
  const { database, redis: client, nomad, services, job, runDir } = stack.parts;
  const processes = instanceProcesses(runDir);
  const [rows, leases, children, allocations, entries, queued, booting, old] = await Promise.all([
    database.query<Row>(
      `select id, state, job_id as job from instances where ${mayRun} order by date_trunc('milliseconds', ready_at), id`,
    ),
    database.query<Books['leases'][number]>(
      `select l.instance_id as instance, p.id as participant, p.state from leases l
       join participants p on p.id = l.participant_id where l.ended_at is null`,
    ),
    childrenOf(nomad.address, job),
    allocationsOf(nomad.address, job),
    consulEntries(services.consul.address, job),
    client.lrange(keys.queued, 0, -1),
    client.get(keys.booting),
    client.lrange(keys.old, 0, -1),
  ]);
  const live = children.filter(({ dead }) => !dead).map(({ job: id, instance }) => ({ job: id, instance }));
  const ended = new Set(['complete', 'failed', 'lost']);
  return {
    rows: rows.rows,
    leases: leases.rows,
    children: live,
    allocations: allocations.filter(({ status }) => !ended.has(status)),
    entries,
    processes,
    queued,
    booting,
    old,
  };
}

async function read<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return schema.parse(await response.json());
}

const jobRows = z.array(
  z.object({ ID: z.string(), Status: z.string(), Meta: z.record(z.string(), z.string()).nullish() }),
);

/** Every child that Nomad remembers, dead ones too. */
export async function childrenOf(nomadUrl: string, parent: string) {
  const filter = encodeURIComponent(`ParentID == "${parent}"`);
  const rows = await read(`${nomadUrl}/v1/jobs?meta=true&per_page=5000&filter=${filter}`, jobRows);
  return rows.map(({ ID, Status, Meta }) => ({ job: ID, dead: Status === 'dead', instance: Meta?.instance_id }));
}

async function allocationsOf(nomadUrl: string, parent: string) {
  const filter = encodeURIComponent(`Job.ParentID == "${parent}"`);
  const schema = z.array(z.object({ JobID: z.string(), ClientStatus: z.string() }));
  const rows = await read(`${nomadUrl}/v1/allocations?per_page=5000&filter=${filter}`, schema);
  return rows.map(({ JobID, ClientStatus }) => ({ job: JobID, status: ClientStatus }));
}

const healthRows = z.array(
  z.object({
    Service: z.object({ ID: z.string(), Tags: z.array(z.string()) }),
    Checks: z.array(z.object({ Status: z.string() })),
  }),
);

async function consulEntries(consulUrl: string, service: string) {
  const rows = await read(`${consulUrl}/v1/health/service/${service}`, healthRows);
  return rows.map(({ Service: { ID, Tags }, Checks }) => ({
    instance: /routers\.i-([0-9a-f]{12})\./.exec(Tags.join(' '))?.[1] ?? ID,
    passing: Checks.every(({ Status }) => Status === 'passing'),
  }));
}
