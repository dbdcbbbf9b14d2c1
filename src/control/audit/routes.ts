/** What was done and by whom: viewers and researchers see the lines of their studies, admins all. */
import type { Context } from 'koa';
import type { Queryable } from '../../platform/postgres/database.js';
import { showPage } from '../access/page.js';
import { seesStudy, studiesSeen } from '../access/role.js';
import { type ControlRoute, page, type Visit } from '../access/route.js';
import { addressOf, wantedOf } from './asked.js';
import { listAudit, subjects } from './list.js';

export function auditRoutes(database: Queryable): ControlRoute[] {
  return [page('/control/audit', 'viewer', (ctx, visit) => show(ctx, database, visit))];
}

async function show(ctx: Context, database: Queryable, visit: Visit): Promise<void> {
  const { visitor } = visit;
  const wanted = wantedOf(ctx.query);
  const seen = studiesSeen(visitor);
  const [{ lines, next }, studies] = await Promise.all([listAudit(database, seen, wanted), studyIds(database)]);
  showPage(ctx, visit, 'control/audit.html', {
    ...{ wanted, lines },
    studies: studies.filter((study) => seesStudy(visitor, study)),
    // Those of which others than admins see no line are not offered to them.
    subjects: seen === null ? subjects : subjects.filter((subject) => subject !== 'user' && subject !== 'leadership'),
    nextPage: next === null ? null : addressOf(wanted, next),
    firstPage: wanted.after === null ? null : addressOf(wanted, null),
  });
}

async function studyIds(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>('select id from studies order by id');
  return rows.map(({ id }) => id);
}
