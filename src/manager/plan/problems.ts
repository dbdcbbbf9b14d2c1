import type { Profile } from '../../platform/profiles.js';
import type { Desired } from './desired.js';
import type { Outcome } from './action.js';
import { type Demand, noDemand, type Observed } from './observed.js';
import { backoffUntil } from './pool.js';

const SHOWN = 5;

/** What is wrong, in sentences for people; empty when all is well. */
export function problemsOf(observed: Observed, desired: Desired, outcomes: readonly Outcome[], now: Date): string[] {
  return [
    ...unread(observed),
    ...desired.pools.flatMap((pool) => [
      ...parentProblems(pool, observed),
      ...poolProblems(pool, observed, desired.drain, now),
    ]),
    ...blocked(observed),
    ...ghosts(observed),
    ...failures(outcomes),
  ];
}

function unread({ nomad, passing, queue }: Observed): string[] {
  const knowsJobs = nomad.complete && nomad.value.parents.size > 0;
  return [
    nomad.complete ? [] : `Nomad could not be read, so nothing is started or stopped: ${nomad.why}.`,
    passing.complete || !knowsJobs ? [] : `Consul could not be read, so no instance becomes ready: ${passing.why}.`,
    queue.complete ? [] : `Redis could not be read; claims go on straight from Postgres: ${queue.why}.`,
  ].flat();
}

function parentProblems({ name, job, jobFile }: Profile, { nomad }: Observed): string[] {
  if (!nomad.complete) return [];
  const parent = nomad.value.parents.get(name);
  if (parent === undefined && jobFile === undefined)
    return [`Nomad has no job ${job}, so no instance can be started: run \`observatory deploy\`.`];
  if (parent?.service === null)
    return [`The job ${job} declares no Consul service, so its instances cannot be reached: mend the job file.`];
  return [];
}

function poolProblems(
  { name: profile, maxInstances }: Profile,
  { store }: Observed,
  drain: boolean,
  now: Date,
): string[] {
  const demand: Demand = store.demand.get(profile) ?? noDemand;
  const alive = store.rows.filter((row) => row.profile === profile).length;
  const people = demand.waiting === 1 ? '1 participant waits' : `${demand.waiting} participants wait`;
  const problems: string[] = [];
  if (drain && demand.waiting > 0)
    problems.push(`The pools are drained, and ${people} for an instance: \`observatory drain --off\` ends that.`);
  if (!drain && demand.waiting > 0 && alive >= maxInstances)
    problems.push(`Pool ${profile} is at its ceiling of ${maxInstances} instances, and ${people}: raise maxInstances.`);
  const next = nextTry(profile, store, demand, now);
  if (next !== null) {
    const { count, reason } = demand.bootFailures;
    const times = count === 1 ? 'An instance' : `${count} instances in a row`;
    problems.push(`${times} of pool ${profile} did not start; ${next}. ${reason ?? ''}`.trim());
  }
  return problems;
}

/** What comes after instances that did not start: the pool is not well before one has. */
function nextTry(profile: string, { rows }: Observed['store'], demand: Demand, now: Date): string | null {
  const until = backoffUntil(demand);
  if (until === null) return null;
  if (until > now) return `the next is tried at ${until.toISOString().slice(11, 19)} UTC`;
  const booting = rows.some((row) => row.profile === profile && row.state === 'booting');
  return booting ? 'the next is being tried' : null;
}

function blocked({ nomad }: Observed): string[] {
  if (!nomad.complete) return [];
  const reasons = nomad.value.children.flatMap((child) => (child.dead ? [] : (child.blocked ?? [])));
  return [...tally(reasons)].map(([reason, count]) =>
    count === 1 ? `An instance waits for room. ${reason}` : `${count} instances wait for room. ${reason}`,
  );
}

/** Entries of Consul whose instance is over: a route to nowhere, which the gate refuses. */
function ghosts({ passing, store }: Observed): string[] {
  if (!passing.complete) return [];
  const known = new Set(store.rows.map(({ id }) => id));
  const ids = [...passing.value].filter((id) => !known.has(id));
  if (ids.length === 0) return [];
  const shown = ids.length > SHOWN ? `${ids.slice(0, SHOWN).join(', ')}, …` : ids.join(', ');
  return [`Consul has ${ids.length} passing entries of no instance on record, which are ignored: ${shown}.`];
}

function failures(outcomes: readonly Outcome[]): string[] {
  const texts = outcomes.flatMap(({ kind, error }) => (error === undefined ? [] : `${kind} failed: ${error}`));
  return [...tally(texts)].slice(0, SHOWN).map(([text, count]) => (count === 1 ? text : `${count} times: ${text}`));
}

function tally(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
