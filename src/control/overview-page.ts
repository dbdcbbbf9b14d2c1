import type { Queryable } from '../platform/postgres/database.js';
import { showPage } from './access/page.js';
import { studiesSeen } from './access/role.js';
import { type ControlRoute, page } from './access/route.js';
import type { NomadUi } from './nomad-ui.js';
import { readOverview } from './overview.js';
import { duration } from './status.js';
import { actionsText } from './status-text.js';

interface OverviewPage {
  readonly database: Queryable;
  readonly staleAfterSeconds: number;
  readonly nomad: NomadUi;
}

export function overviewRoutes({ database, staleAfterSeconds, nomad }: OverviewPage): ControlRoute[] {
  return [
    page('/control', 'viewer', async (ctx, visit) => {
      const overview = await readOverview(database, staleAfterSeconds, studiesSeen(visit.visitor));
      showPage(ctx, visit, 'control/overview.html', {
        ...overview,
        actionsText,
        duration,
        jobLink: (job: string) => nomad.job(job),
      });
    }),
  ];
}
