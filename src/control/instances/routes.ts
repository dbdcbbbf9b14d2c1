/** The instances, one of them, and giving one up: that asks first, and is noted with the name of whoever did it. */
import type { Redis } from 'ioredis';
import type { Context } from 'koa';
import { readChanges } from '../changes.js';
import { instanceIdPattern } from '../../platform/identity.js';
import type { Logger } from '../../platform/log.js';
import type { Inquiry } from '../../platform/inquiry.js';
import { lookAtInstance } from '../../platform/nomad/instance-look.js';
import type { Database } from '../../platform/postgres/database.js';
import { pushOld } from '../../platform/redis.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from '../access/page.js';
import { mayAct, studiesSeen } from '../access/role.js';
import { action, type ControlRoute, page, type Visit } from '../access/route.js';
import type { NomadUi } from '../nomad-ui.js';
import { duration } from '../status.js';
import { addressOf, wantedOf } from './asked.js';
import { giveUp, type Way, ways } from './give-up.js';
import { type Instance, listInstances, readInstance, readLeases, states } from './list.js';
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
const MOST_CHANGES = 100;
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
  const instance = await found(ctx, database, visit);
  const [changes, leases, look] = await Promise.all([
    readChanges(database, 'instance', instance.id, MOST_CHANGES),
    readLeases(database, instance.id),
    lookAt(instance, parts, visit),
  ]);
  showPage(ctx, visit, 'control/instance.html', {
    ...{ instance, changes, leases, look, duration },
    ways: mayGiveUp(visit, instance) ? ways[instance.state] : [],
    jobLink: instance.job === null ? null : nomad.job(instance.job),
  });
}

/** Participants' programs can write into the log, so it is for whoever may see all of theirs. */
async function lookAt({ job }: Instance, { webNomad }: Parts, { visitor }: Visit): Promise<ShownLook | null> {
  if (webNomad === undefined || job === null) return null;
  return shownLook(await lookAtInstance(webNomad, job, mayAct(visitor.role, 'researcher')));
}

async function ask(ctx: Context, { database }: Parts, visit: Visit, way: Way): Promise<void> {
  const instance = await foundToGiveUp(ctx, database, visit);
  if (!ways[instance.state].includes(way)) throw notNow(instance);
  showPage(ctx, visit, 'control/instance-give-up.html', { instance, way });
}

async function act(ctx: Context, { database, redis, log }: Parts, visit: Visit, way: Way): Promise<void> {
  const instance = await foundToGiveUp(ctx, database, visit);
  const { id, state: from } = instance;
  if (visit.form.get('from') !== from || !ways[from].includes(way)) throw notNow(instance);
  const done = await giveUp(database, { id, from, way, actor: visit.visitor.name });
  if (!done) throw notNow(await found(ctx, database, visit));
  // What is lost on the way the manager sees in Postgres.
  pushOld(redis, [id]).catch((error: unknown) => log.debug({ err: error }, 'the manager was not told'));
  ctx.status = 303;
  ctx.redirect(`/control/instances/${id}`);
}

/** What is no id, names nothing, or is of a study that the visitor does not see, is answered the same. */
async function found(ctx: Context, database: Database, { visitor }: Visit): Promise<Instance> {
  const id = pathParameter(ctx, 'instance');
  const instance = instanceIdPattern.test(id) ? await readInstance(database, studiesSeen(visitor), id) : undefined;
  if (instance !== undefined) return instance;
  throw new Refusal(404, 'unknown-instance', 'There is no instance of this id.');
}

async function foundToGiveUp(ctx: Context, database: Database, visit: Visit): Promise<Instance> {
  const instance = await found(ctx, database, visit);
  if (mayGiveUp(visit, instance)) return instance;
  throw new Refusal(
    403,
    'role-needed',
    'No participant has had this instance: it is of the pool that all studies share, and only a user with the role admin may retire it.',
  );
}

/** What nobody has had yet is of all studies. */
const mayGiveUp = ({ visitor }: Visit, { study }: Instance): boolean =>
  mayAct(visitor.role, study === null ? 'admin' : 'researcher');

const notNow = ({ state }: Instance): Refusal =>
  new Refusal(
    409,
    'changed-meanwhile',
    `The instance is ${state} now, so this cannot be done. Nothing was changed by you.`,
  );
