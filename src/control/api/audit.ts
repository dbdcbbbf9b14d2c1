import { z } from 'zod';
import type { Queryable } from '../../platform/postgres/database.js';
import { listAudit } from '../audit/list.js';
import { type Endpoint, endpoint } from './endpoint.js';
import { bigCount, change, next, wholeNumber } from './plain.js';

const audit = z
  .object({
    entries: z.array(
      z
        .object({
          number: bigCount,
          study: z.string().nullable(),
          subject: z.enum(['study', 'participant', 'instance', 'leadership', 'user']),
          id: z.string().describe('Of the subject.'),
          ...change.shape,
        })
        .meta({ id: 'AuditEntry' }),
    ),
    next,
  })
  .meta({ id: 'Audit' });

const query = z.strictObject({ after: wholeNumber(0).optional().describe('`next` of the page before it.') });

export const auditEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/audit',
    needs: 'admin',
    name: 'listAudit',
    summary: 'All that was done, by whom and why, newest first, 100 on a page',
    ...{ query, answer: audit },
    handle: ({ query: { after = null }, parts: { database } }) => entries(database, null, after),
  }),
  endpoint({
    method: 'GET',
    path: '/studies/:study/audit',
    needs: 'researcher',
    name: 'listStudyAudit',
    summary: 'What was done in a study, by whom and why, newest first, 100 on a page',
    ...{ query, answer: audit },
    handle: ({ path, query: { after = null }, parts: { database } }) => entries(database, path.study, after),
  }),
];

const PAGE = 100;

async function entries(database: Queryable, study: string | null, after: number | null) {
  const wanted = { study, subject: null, id: null, actor: null, after: after === null ? null : String(after) };
  const { lines, next: nextPage } = await listAudit(database, null, wanted, PAGE);
  return { entries: lines, next: nextPage };
}
