import type { Context } from 'koa';
import type { Queryable } from '../../platform/postgres/database.js';
import { showPage } from '../access/page.js';
import { mayAct } from '../access/role.js';
import { type ControlRoute, page, type Visit } from '../access/route.js';
import { unknownStudy } from '../access/study-right.js';
import { addressOf, wantedOf } from './asked.js';
import { countParticipants, listParticipants, orders, states } from './list.js';

export function listRoutes(database: Queryable): ControlRoute[] {
  return [page('/control/studies/:study/participants', 'viewer', (ctx, visit) => showList(ctx, database, visit))];
}

interface StudyHead {
  readonly id: string;
  readonly title: string;
  readonly conditions: readonly { readonly number: number; readonly name: string }[];
}

async function showList(ctx: Context, database: Queryable, visit: Visit): Promise<void> {
  const study = await readHead(database, visit.study);
  if (study === undefined) throw unknownStudy();
  const wanted = wantedOf(ctx.query);
  const seesIdentities = mayAct(visit.visitor.role, 'researcher');
  const [{ people, next }, count] = await Promise.all([
    listParticipants(database, study.id, wanted, seesIdentities),
    countParticipants(database, study.id, wanted, seesIdentities),
  ]);
  showPage(ctx, visit, 'control/participants.html', {
    ...{ study, wanted, states, orders: Object.keys(orders), people, count, seesIdentities },
    nextPage: next === null ? null : addressOf(wanted, next),
    firstPage: wanted.after === null ? null : addressOf(wanted, null),
  });
}

async function readHead(database: Queryable, study: string): Promise<StudyHead | undefined> {
  const { rows } = await database.query<StudyHead>(
    `select id, title, (select coalesce(jsonb_agg(jsonb_build_object('number', number, 'name', name) order by number), '[]')
       from conditions where study_id = studies.id) as conditions
     from studies where id = $1`,
    [study],
  );
  return rows[0];
}
