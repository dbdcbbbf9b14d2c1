import type { Queryable } from '../../platform/postgres/database.js';
import { allowHtmlBy } from '../../platform/web/content-policy.js';
import { answerWithStream } from '../../platform/web/event-stream.js';
import { showPage } from '../access/page.js';
import type { Visitor } from '../access/role.js';
import { type ControlRoute, page } from '../access/route.js';
import type { NomadUi } from '../nomad-ui.js';
import { duration } from '../status.js';
import { actionsText } from '../status-text.js';
import type { Lookout } from './lookout.js';
import { type Overview, readOverview, seenBy } from './overview.js';

interface OverviewPage {
  readonly database: Queryable;
  readonly staleAfterSeconds: number;
  readonly nomad: NomadUi;
  readonly lookout: Lookout;
}

export function overviewRoutes({ database, staleAfterSeconds, nomad, lookout }: OverviewPage): ControlRoute[] {
  return [
    page('/control', 'viewer', async (ctx, visit) => {
      const overview = await readOverview(database, staleAfterSeconds);
      // Its script shows what the stream tells.
      allowHtmlBy(ctx, 'overview');
      showPage(ctx, visit, 'control/overview.html', overviewView(overview, visit.visitor, nomad));
    }),
    page('/control/events', 'viewer', (ctx, { session }) => {
      answerWithStream(ctx, ({ tell, end }) =>
        lookout.watch({
          ...{ session, end },
          tell: (html) => {
            tell(JSON.stringify(html));
          },
          over: () => {
            tell('signed out', 'over');
            end();
          },
        }),
      );
    }),
  ];
}

/** For the page, and for that part of it which is kept up to date. */
export function overviewView(overview: Overview, visitor: Visitor, nomad: NomadUi): object {
  const { activity, ...seen } = seenBy(overview, visitor);
  const jobs = new Map(seen.status.pools.map(({ profile, job }) => [profile, job]));
  const linkTo = (job: string | null | undefined): string | null => (job ? nomad.job(job) : null);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    ...{ ...seen, visitor, actionsText, duration, jobLink: linkTo },
    studies: new Map(activity.map((one) => [one.study, { ...one, link: linkTo(jobs.get(one.profile)) }])),
    arrived: sum(activity.map(({ arrived }) => arrived)),
    active: sum(activity.map(({ active }) => active)),
  };
}
