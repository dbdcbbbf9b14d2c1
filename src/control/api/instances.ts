import { z } from 'zod';
import { studiesSeen, type Visitor } from '../access/role.js';
import { readChanges } from '../changes.js';
import { cursorOf, cursorText } from '../instances/asked.js';
import { decideInstance, foundInstance, mayGiveUp } from '../instances/decide.js';
import { type Way, ways } from '../instances/give-up.js';
import { listInstances, readLeases, states } from '../instances/list.js';
import { MOST_CHANGES } from '../instances/routes.js';
import { type ApiParts, type Endpoint, endpoint } from './endpoint.js';
import { change, moment, next, place, seconds } from './plain.js';
import { unknownPlace } from './problem.js';

const ONE = '/instances/:instance';

const fields = {
  id: z.string(),
  profile: z.string(),
  study: z.string().nullable().describe('Whose participant has or had it; null for one that nobody got yet.'),
  state: z.enum(states),
  reason: z.string().nullable(),
  node: z.string().nullable(),
  job: z.string().nullable().describe('In Nomad.'),
  createdAt: moment,
  ageSeconds: seconds.describe('Until now, or until it was gone.'),
  bootSeconds: seconds.nullable().describe('From its dispatch to the first answer through Traefik.'),
};

const instances = z
  .object({ instances: z.array(z.object(fields).meta({ id: 'ListedInstance' })), next })
  .meta({ id: 'Instances' });

const instance = z
  .object({
    ...fields,
    ways: z.array(z.enum(['retire', 'replace'])).describe('What the token’s user may make of it now.'),
    changes: z.array(change).describe(`The first ${MOST_CHANGES}.`),
    leases: z.array(
      z
        .object({
          ...{ study: z.string(), participant: z.string() },
          ...{ startedAt: moment, endedAt: moment.nullable(), reason: z.string().nullable() },
        })
        .meta({ id: 'InstanceLease' }),
    ),
  })
  .meta({ id: 'Instance' });

const givingUp = z
  .strictObject({ from: z.enum(states).describe('As you have seen it; when it is another by now, nothing is done.') })
  .meta({ id: 'GivingUp' });

async function described({ database }: ApiParts, visitor: Visitor, id: string) {
  const found = await foundInstance(database, visitor, id);
  const [changes, leases] = await Promise.all([
    readChanges(database, 'instance', id, MOST_CHANGES),
    readLeases(database, id),
  ]);
  return { ...found, changes, leases, ways: mayGiveUp(visitor, found) ? ways[found.state] : [] };
}

const giveUp = (way: Way, summary: string, description: string): Endpoint =>
  endpoint({
    method: 'POST',
    path: `${ONE}/${way}`,
    needs: 'researcher',
    name: `${way}Instance`,
    ...{ summary, description },
    body: givingUp,
    answer: instance,
    refusals: { 409: 'The instance is not in the state `from`, or there is nothing to be done in this state.' },
    async handle({ path: { instance: id }, body: { from }, visitor, parts }) {
      await decideInstance(parts, { id, from, way, visitor });
      return described(parts, visitor, id);
    },
  });

export const instanceEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/instances',
    needs: 'viewer',
    name: 'listInstances',
    summary: 'Instances, 50 on a page, the newest first',
    query: z.strictObject({
      state: z
        .enum([...states, 'all'])
        .optional()
        .describe('Without it: those that may have a process.'),
      after: place.optional(),
    }),
    answer: instances,
    async handle({ query, visitor, parts: { database } }) {
      const after = query.after === undefined ? null : cursorOf(query.after);
      if (query.after !== undefined && after === null) throw unknownPlace();
      const page = await listInstances(database, studiesSeen(visitor), { state: query.state ?? null, after });
      return { instances: page.instances, next: page.next && cursorText(page.next) };
    },
  }),
  endpoint({
    method: 'GET',
    path: ONE,
    needs: 'viewer',
    name: 'readInstance',
    summary: 'An instance: its changes, and who had it',
    answer: instance,
    handle: ({ path, visitor, parts }) => described(parts, visitor, path.instance),
  }),
  giveUp(
    'retire',
    'Stop an instance',
    'Whoever has it gives up the study, as after hours without a sign of life, and can come back to their work. What no participant has had is of the pool that all studies share: it takes the role admin.',
  ),
  giveUp('replace', 'Give a participant another instance', 'Whoever has it gets another one, with their work in it.'),
];
