import type { Need } from './acl.js';
import type { Call } from './http.js';
import type { Surroundings } from './reads.js';
import { NomadError } from './types.js';

const contexts = [
  'allocs',
  'jobs',
  'nodes',
  'node_pools',
  'evals',
  'deployment',
  'plugins',
  'volumes',
  'scaling_policy',
].concat('vars', 'namespaces');
const byUuid = new Set(['allocs', 'nodes', 'evals', 'deployment']);
const most = 20;

/** Ids that begin with a text, by kind: what the command line asks to find out what an id is. */
export function search(around: Surroundings, call: Call): object {
  const { Prefix: prefix = '', Context: context = '' } = call.body as { Prefix?: string; Context?: string };
  if (context !== 'all' && !contexts.includes(context)) {
    const known = `[${contexts.join(' ')}]`;
    throw new NomadError(500, `context must be one of ${known} or 'all' for all contexts; got "${context}"`);
  }
  // Where anything may be meant, ids that could not begin so are not looked for.
  const likely = contexts.filter((name) => !byUuid.has(name) || /^[0-9a-f-]*$/i.test(prefix));
  const asked = context === 'all' ? likely : [context];
  const found = asked.map((name): [string, string[]] => [
    name,
    idsOf(around, call, name)
      .filter((id) => id.startsWith(prefix))
      .sort(),
  ]);
  return {
    Index: around.store.lastIndex,
    KnownLeader: true,
    LastContact: 0,
    Matches: Object.fromEntries(found.map(([name, ids]) => [name, ids.length > 0 ? ids.slice(0, most) : null])),
    NextToken: '',
    Truncations: Object.fromEntries(found.map(([name, ids]) => [name, ids.length > most])),
  };
}

function idsOf({ store, node, namespaces, acl }: Surroundings, { token, namespace }: Call, context: string): string[] {
  const may = (need: Need) => acl.allows(token, need, namespace);
  const ids = (items: Iterable<{ ID: string; Namespace: string }>) =>
    [...items].filter((item) => namespace === '*' || item.Namespace === namespace).map(({ ID }) => ID);
  switch (context) {
    case 'jobs':
      return may('read-job') ? ids(store.jobs.values()) : [];
    case 'allocs':
      return may('read-job') ? ids(store.allocations.values()) : [];
    case 'evals':
      return may('read-job') ? ids(store.evaluations.values()) : [];
    case 'nodes':
      return may('node:read') ? [node.id] : [];
    case 'namespaces':
      return namespaces.filter((name) => acl.seesNamespace(token, name));
    case 'node_pools':
      return ['all', 'default'];
    default:
      return [];
  }
}
