import { z } from 'zod';
import { studiesSeen } from '../access/role.js';
import { readOverview, seenBy } from '../overview/overview.js';
import { type Endpoint, endpoint } from './endpoint.js';
import { count, moment, seconds } from './plain.js';

const known = count.nullable().describe('Null where no pass of the manager told.');

const pool = z
  .object({
    profile: z.string(),
    job: z.string().nullable().describe('The parent job in Nomad.'),
    ...{ min: known, max: known, maxInstances: known, target: known },
    waiting: count.describe('Participants in the line.'),
    ...{ booting: count, ready: count, leased: count, retiring: count },
    failed: count.describe('Failed, and not yet known to be gone.'),
  })
  .meta({ id: 'Pool' });

const studyAtWork = z
  .object({
    study: z.string(),
    state: z.string().describe('The state in force.'),
    working: count.describe('Participants who have an instance.'),
    waiting: count.describe('Participants in the line.'),
    lost: count.describe('Events that never arrived, or are kept apart.'),
  })
  .meta({ id: 'StudyAtWork' });

const overview = z
  .object({
    at: moment,
    problems: z.array(z.string()).describe('Each a sentence; empty when all is well.'),
    leader: z
      .object({ host: z.string(), pid: z.int(), since: moment.nullable() })
      .nullable()
      .describe('The manager that leads; null when none does.'),
    lastPass: z
      .object({
        at: moment,
        ...{ ageSeconds: seconds, milliseconds: z.number() },
        actions: z
          .record(z.string(), z.object({ done: count, failed: count }))
          .describe('By kind: how many changed something, and how many ended with an error.'),
      })
      .nullable(),
    drained: z.boolean(),
    pools: z.array(pool),
    studies: z.array(studyAtWork).describe('Those that the token’s user sees.'),
    unknown: z.array(z.string()).describe('What Postgres alone does not tell, each a sentence.'),
    failures: z
      .array(z.object({ id: z.string(), reason: z.string().nullable(), at: moment }))
      .describe('The latest instances that failed, newest first.'),
  })
  .meta({ id: 'Overview' });

const self = z
  .object({
    user: z.string(),
    role: z.enum(['viewer', 'researcher', 'admin']),
    studies: z.array(z.string()).nullable().describe('Null: all.'),
    token: z.object({ name: z.string(), readOnly: z.boolean(), expiresAt: moment }),
  })
  .meta({ id: 'Self' });

export const overviewEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/self',
    needs: 'viewer',
    name: 'readSelf',
    summary: 'Whose token this is, and what it may',
    answer: self,
    handle: ({ user, visitor, token }) => ({ user, role: visitor.role, studies: studiesSeen(visitor), token }),
  }),
  endpoint({
    method: 'GET',
    path: '/overview',
    needs: 'viewer',
    name: 'readOverview',
    summary: 'Problems, the manager, pools and studies at work',
    answer: overview,
    async handle({ visitor, parts: { database, staleAfterSeconds } }) {
      const { status, failures } = seenBy(await readOverview(database, staleAfterSeconds), visitor);
      return { ...status, failures: failures.map(({ id, reason, at }) => ({ id, reason, at })) };
    },
  }),
];
