import type { Queryable } from '../../platform/postgres/database.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from '../access/page.js';
import { type ControlRoute, page } from '../access/route.js';
import { foundPerson } from './found.js';
import { readVersions, VERSIONS } from './versions.js';
import { firstDocument } from './work.js';

export function versionRoutes(database: Queryable): ControlRoute[] {
  return [
    page('/control/studies/:study/participants/:participant/tasks/:task', 'viewer', async (ctx, visit) => {
      const person = await foundPerson(ctx, database, visit);
      const document = await firstDocument(database, person.id);
      const task = document?.tasks.find(({ id }) => id === pathParameter(ctx, 'task'));
      if (document === undefined || task === undefined)
        throw new Refusal(404, 'unknown-task', 'This participant has no task of this name.');
      const asked = ctx.query['before'];
      const before = typeof asked === 'string' && /^\d{1,15}$/.test(asked) ? Number(asked) : Number.MAX_SAFE_INTEGER;
      const versions = await readVersions(database, { participant: person.id, task: task.id, before }, document);
      const next = versions.length === VERSIONS ? versions.at(-1)!.seq : null;
      showPage(ctx, visit, 'control/participant-task.html', { study: visit.study, person, task, versions, next });
    }),
  ];
}
