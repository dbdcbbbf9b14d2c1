/** The instances, one of them, and giving one up: that asks first, and is noted with the name of whoever did it. */
import type { Redis } from 'ioredis';
import type { Context } from 'koa';
import { readChanges } from '../changes.js';
import type { Logger } from '../../platform/log.js';
import type { Inquiry } from '../../platform/inquiry.js';
import { lookAtInstance } from '../../platform/nomad/instance-look.js';
import type { Database } from '../../platform/postgres/database.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { showPage } from '../access/page.js';
import { mayAct, studiesSeen } from '../access/role.js';
import { action, type ControlRoute, page, type Visit } from '../access/route.js';
import type { NomadUi } from '../nomad-ui.js';
import { duration } from '../status.js';
import { addressOf, wantedOf } from './asked.js';
import { decideInstance, foundInstance, foundToGiveUp, mayGiveUp, notNow } from './decide.js';
import { type Way, ways } from './give-up.js';
import { type Instance, listInstances, readLeases, states } from './list.js';
import { type ShownLook, shownLook } from './nomad-look.js';

interface Parts {
  readonly database: Database;
  readonly redis: Redis;
  readonly log: Logger;
  readonly nomad: NomadUi;
  /** Undefined where the web app is to have no access to Nomad. */
  readonly webNomad: Inquiry | undefined;
}

/** Of one instance. */
export const MOST_CHANGES = 100;
const BASE = '/control/instances/:instance';

export function instanceRoutes(parts: Parts): ControlRoute[] {
  return [
    page('/control/instances', 'viewer', (ctx, visit) => showList(ctx, parts, visit)),
    page(BASE, 'viewer', (ctx, visit) => showOne(ctx, parts, visit)),
    ...(['retire', 'replace'] as const).flatMap((way) => [
      page(`${BASE}/${way}`, 'researcher', (ctx, visit) => ask(ctx, parts, visit, way)),
      action(`${BASE}/${way}`, 'researcher', (ctx, visit) => act(ctx, parts, visit, way)),
    ]),
  ];
}

async function showList(ctx: Context, { database, nomad }: Parts, visit: Visit): Promise<void> {
  const wanted = wantedOf(ctx.query);
  const { instances, next } = await listInstances(database, studiesSeen(visit.visitor), wanted);
  showPage(ctx, visit, 'control/instances.html', {
    ...{ instances, wanted, states, duration, nomad },
    nextPage: next === null ? null : addressOf(wanted, next),
    firstPage: wanted.after === null ? null : addressOf(wanted, null),
  });
}

async function showOne(ctx: Context, parts: Parts, visit: Visit): Promise<void> {
  const { database, nomad } = parts;
  const instance = await foundInstance(database, visit.visitor, pathParameter(ctx, 'instance'));
  const [changes, leases, look] = await Promise.all([
    readChanges(database, 'instance', instance.id, MOST_CHANGES),
    readLeases(database, instance.id),
    lookAt(instance, parts, visit),
  ]);
  showPage(ctx, visit, 'control/instance.html', {
    ...{ instance, changes, leases, look, duration },
    ways: mayGiveUp(visit.visitor, instance) ? ways[instance.state] : [],
    jobLink: instance.job === null ? null : nomad.job(instance.job),
  });
}

/** Participants' programs can write into the log, so it is for whoever may see all of theirs. */
async function lookAt({ job }: Instance, { webNomad }: Parts, { visitor }: Visit): Promise<ShownLook | null> {
  if (webNomad === undefined || job === null) return null;
  return shownLook(await lookAtInstance(webNomad, job, mayAct(visitor.role, 'researcher')));
}

async function ask(ctx: Context, { database }: Parts, visit: Visit, way: Way): Promise<void> {
  const instance = await foundToGiveUp(database, visit.visitor, pathParameter(ctx, 'instance'));
  if (!ways[instance.state].includes(way)) throw notNow(instance);
  showPage(ctx, visit, 'control/instance-give-up.html', { instance, way });
}

async function act(ctx: Context, parts: Parts, { visitor, form }: Visit, way: Way): Promise<void> {
  const id = pathParameter(ctx, 'instance');
  await decideInstance(parts, { id, from: form.get('from'), way, visitor });
  ctx.status = 303;
  ctx.redirect(`/control/instances/${id}`);
}
