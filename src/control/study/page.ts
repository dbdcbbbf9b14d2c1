import type { Context } from 'koa';
import type { KeptBriefly } from '../../platform/kept-briefly.js';
import { readLeadership } from '../../platform/pass-report.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Price } from '../../platform/price.js';
import { showPage } from '../access/page.js';
import { action, type ControlRoute, page, type Visit } from '../access/route.js';
import type { NomadUi } from '../nomad-ui.js';
import { changes, foundStudy, moveStudy, possible } from './change.js';
import { type Figures, keptFigures } from './figures.js';
import { figuresView } from './view.js';

interface StudyPageParts {
  readonly database: Database;
  readonly nomad: NomadUi;
  readonly publicUrl: string;
  /** Of an hour of an instance; undefined where the team has not said. */
  readonly instanceHourPrice: Price | undefined;
}

export function studyRoutes(parts: StudyPageParts): ControlRoute[] {
  const figures = keptFigures(parts.database);
  return [
    page('/control/studies/:study', 'viewer', (ctx, visit) => showStudy(ctx, parts, visit, figures)),
    page('/control/studies/:study/state', 'researcher', (ctx, visit) => askForState(ctx, parts, visit)),
    action('/control/studies/:study/state', 'researcher', (ctx, visit) => changeState(ctx, parts, visit)),
  ];
}

const verbs = { open: 'Open', paused: 'Pause', closed: 'Close', draft: 'Draft' } as const;

async function showStudy(
  ctx: Context,
  parts: StudyPageParts,
  visit: Visit,
  figures: KeptBriefly<Figures>,
): Promise<void> {
  const study = await foundStudy(parts.database, visit.study);
  const { report } = await readLeadership(parts.database);
  const job = report?.pools.find(({ profile }) => profile === study.profile)?.job;
  const link = new URL('/', parts.publicUrl);
  link.searchParams.set('study', study.id);
  showPage(ctx, visit, 'control/study.html', {
    ...{ study, verbs, link: link.href, changes: changes[study.state] },
    jobLink: job === undefined ? null : parts.nomad.job(job),
    ...figuresView(study, await figures.get(study.id), parts.instanceHourPrice),
  });
}

/** Before anything happens: what will. */
async function askForState(ctx: Context, parts: StudyPageParts, visit: Visit): Promise<void> {
  const study = await foundStudy(parts.database, visit.study);
  const to = possible(study.state, ctx.query['to']);
  showPage(ctx, visit, 'control/study-state.html', { study, to, verb: verbs[to] });
}

async function changeState(ctx: Context, { database }: StudyPageParts, { study, form, visitor }: Visit): Promise<void> {
  await moveStudy(database, { study, from: form.get('from'), to: form.get('to'), actor: visitor.name });
  ctx.status = 303;
  ctx.redirect(`/control/studies/${study}`);
}
