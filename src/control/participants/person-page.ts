import type { Context } from 'koa';
import type { Queryable } from '../../platform/postgres/database.js';
import { showPage } from '../access/page.js';
import { type ControlRoute, page, type Visit } from '../access/route.js';
import type { NomadUi } from '../nomad-ui.js';
import { duration } from '../status.js';
import { foundPerson } from './found.js';
import { readChanges } from '../changes.js';
import { readLeases } from './person.js';
import { firstDocument, MOST_PASTES, readPastes, readWork } from './work.js';

export interface PersonPageParts {
  readonly database: Queryable;
  readonly nomad: NomadUi;
}

export function personRoutes(parts: PersonPageParts): ControlRoute[] {
  return [
    page('/control/studies/:study/participants/:participant', 'viewer', (ctx, visit) => showPerson(ctx, parts, visit)),
  ];
}

async function showPerson(ctx: Context, { database, nomad }: PersonPageParts, visit: Visit): Promise<void> {
  const person = await foundPerson(ctx, database, visit);
  const document = await firstDocument(database, person.id);
  const [changes, leases, pastes, work] = await Promise.all([
    readChanges(database, 'participant', person.id, null),
    readLeases(database, person.id),
    readPastes(database, person.id),
    document ? readWork(database, person.id, document) : [],
  ]);
  showPage(ctx, visit, 'control/participant.html', {
    ...{ study: visit.study, person, changes, pastes, work, duration, MOST_PASTES },
    leases: leases.map((lease) => ({ ...lease, link: lease.job === null ? null : nomad.job(lease.job) })),
    answerText: (answer: unknown) => (typeof answer === 'string' ? answer : JSON.stringify(answer)),
  });
}
