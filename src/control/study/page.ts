import type { Context } from 'koa';
import { readLeadership } from '../../platform/pass-report.js';
import type { Database } from '../../platform/postgres/database.js';
import { showPage } from '../access/page.js';
import { action, type ControlRoute, page, type Visit } from '../access/route.js';
import type { NomadUi } from '../nomad-ui.js';
import { patterns } from '../../platform/plot.js';
import { changes, foundStudy, moveStudy, possible } from './change.js';
import type { Share } from './dropouts.js';
import { leftAt } from './funnel.js';
import { cellsPlot, dropoutPlot, funnelPlot, percent } from './plots.js';
import type { StudyView } from './study.js';

interface StudyPageParts {
  readonly database: Database;
  readonly nomad: NomadUi;
  readonly publicUrl: string;
}

export function studyRoutes(parts: StudyPageParts): ControlRoute[] {
  return [
    page('/control/studies/:study', 'viewer', (ctx, visit) => showStudy(ctx, parts, visit)),
    page('/control/studies/:study/state', 'researcher', (ctx, visit) => askForState(ctx, parts, visit)),
    action('/control/studies/:study/state', 'researcher', (ctx, visit) => changeState(ctx, parts, visit)),
  ];
}

const verbs = { open: 'Open', paused: 'Pause', closed: 'Close', draft: 'Draft' } as const;

async function showStudy(ctx: Context, parts: StudyPageParts, visit: Visit): Promise<void> {
  const study = await foundStudy(parts.database, visit.study);
  const { report } = await readLeadership(parts.database);
  const job = report?.pools.find(({ profile }) => profile === study.profile)?.job;
  const link = new URL('/', parts.publicUrl);
  link.searchParams.set('study', study.id);
  showPage(ctx, visit, 'control/study.html', {
    ...{ study, verbs, link: link.href, changes: changes[study.state] },
    jobLink: job === undefined ? null : parts.nomad.job(job),
    ...{ patterns, plots: plotsOf(study), difference: differenceOf(study), share },
  });
}

/** Of what there is nothing there is no plot. */
function plotsOf({ funnel, cells, dropouts }: StudyView): Readonly<Record<string, string | null>> {
  const hasArrivals = (funnel.steps[0]?.reached ?? 0) > 0;
  return {
    funnel: hasArrivals ? funnelPlot(funnel.steps, leftAt) : null,
    cells: cells.length > 0 ? cellsPlot(cells) : null,
    dropouts: dropouts.some(({ left }) => left > 0) ? dropoutPlot(dropouts, cells) : null,
  };
}

const share = ({ left, reached }: Share): string =>
  reached === 0 ? '–' : `${left} of ${reached} (${percent(left, reached)})`;

/** Between the fullest and the emptiest condition that is still drawn. */
function differenceOf({ cells }: StudyView): number {
  const taken = cells.filter(({ active }) => active).map(({ completed, inFlight }) => completed + inFlight);
  return taken.length === 0 ? 0 : Math.max(...taken) - Math.min(...taken);
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
