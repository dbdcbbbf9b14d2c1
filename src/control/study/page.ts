import type { Context } from 'koa';
import { changeStudyState, type StudyState } from '../../participants/study-state.js';
import { readLeadership } from '../../platform/pass-report.js';
import type { Database } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from '../access/page.js';
import { action, type ControlRoute, page, type Visit } from '../access/route.js';
import { unknownStudy } from '../access/study-right.js';
import type { NomadUi } from '../nomad-ui.js';
import { patterns } from '../../platform/plot.js';
import type { Share } from './dropouts.js';
import { leftAt } from './funnel.js';
import { cellsPlot, dropoutPlot, funnelPlot, percent } from './plots.js';
import { readStudyView, type StudyView } from './study.js';

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

/** What can be made of a study in each state, and what the button says. */
const changes: Readonly<Record<StudyState, readonly StudyState[]>> = {
  draft: ['open'],
  open: ['paused', 'closed'],
  paused: ['open', 'closed'],
  closed: ['open'],
};
const verbs = { open: 'Open', paused: 'Pause', closed: 'Close', draft: 'Draft' } as const;

async function found({ database }: StudyPageParts, { study }: Visit): Promise<StudyView> {
  const view = await readStudyView(database, study);
  if (view === undefined) throw unknownStudy();
  return view;
}

async function showStudy(ctx: Context, parts: StudyPageParts, visit: Visit): Promise<void> {
  const study = await found(parts, visit);
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
  const study = await found(parts, visit);
  const to = wanted(study.state, ctx.query['to']);
  showPage(ctx, visit, 'control/study-state.html', { study, to, verb: verbs[to] });
}

async function changeState(ctx: Context, parts: StudyPageParts, visit: Visit): Promise<void> {
  const study = await found(parts, visit);
  const from = visit.form.get('from');
  if (from !== study.state) throw changedMeanwhile(study.state);
  const to = wanted(from, visit.form.get('to'));
  const change = { study: study.id, from: study.state, to, actor: visit.visitor.name };
  if (!(await changeStudyState(parts.database, change))) throw changedMeanwhile((await found(parts, visit)).state);
  ctx.status = 303;
  ctx.redirect(`/control/studies/${study.id}`);
}

function wanted(from: StudyState, text: unknown): StudyState {
  const to = changes[from].find((state) => state === text);
  if (to !== undefined) return to;
  throw new Refusal(400, 'no-such-change', `A study that is ${from} can only become ${changes[from].join(' or ')}.`);
}

const changedMeanwhile = (state: StudyState): Refusal =>
  new Refusal(
    409,
    'changed-meanwhile',
    `Somebody changed the study meanwhile: it is ${state} now. Nothing was changed by you.`,
  );
