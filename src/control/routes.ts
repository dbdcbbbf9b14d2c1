import type { Redis } from 'ioredis';
import type Router from 'koa-router';
import type { Logger } from '../platform/log.js';
import type { Inquiry } from '../platform/inquiry.js';
import type { Database } from '../platform/postgres/database.js';
import { accountRoutes } from './access/account-page.js';
import type { Price } from '../platform/price.js';
import { passwordRoutes } from './access/password-page.js';
import { PasswordCheck } from './access/passwords.js';
import { apiRouter } from './api/router.js';
import { endpoints } from './api/endpoints.js';
import type { ControlRoute } from './access/route.js';
import { controlRouter } from './access/router.js';
import { auditRoutes } from './audit/routes.js';
import type { IdentityProvider } from './access/identity-provider.js';
import { elsewhereRoutes } from './access/sign-in-elsewhere.js';
import { signInRoutes } from './access/sign-in.js';
import { SignInThrottle } from './access/throttle.js';
import { Exports, exportRoutes } from './export/download.js';
import { instanceRoutes } from './instances/routes.js';
import type { NomadUi } from './nomad-ui.js';
import type { Lookout } from './overview/lookout.js';
import { overviewRoutes } from './overview/page.js';
import { participantRoutes } from './participants/routes.js';
import { studyRoutes } from './study/page.js';
import { userRoutes } from './users/routes.js';

export interface Control {
  readonly database: Database;
  readonly redis: Redis;
  readonly secret: string;
  readonly log: Logger;
  /** Where users may sign in as well. */
  readonly provider: IdentityProvider | undefined;
  /** Without a pass for so long, nobody leads. */
  readonly staleAfterSeconds: number;
  readonly nomad: NomadUi;
  /** Looks for all who have the overview open; whoever starts it stops it. */
  readonly lookout: Lookout;
  /** Undefined where the web app is to have no access to Nomad. */
  readonly webNomad: Inquiry | undefined;
  /** What participants open. */
  readonly publicUrl: string;
  readonly instanceHourPrice: Price | undefined;
  /** The built script and style sheet of the replay. */
  readonly replay: { readonly js: string; readonly css: string };
}

/** Every page of the control area and whom it is for; a test has a negative case for each. */
export function controlTable(control: Control, { throttle, exports } = shared(control)): ControlRoute[] {
  const entering = { database: control.database, throttle, passwords: new PasswordCheck() };
  return [
    ...signInRoutes(entering),
    ...elsewhereRoutes(control),
    ...passwordRoutes(entering),
    ...accountRoutes(control),
    ...overviewRoutes(control),
    ...studyRoutes(control),
    ...exportRoutes(exports),
    ...participantRoutes(control),
    ...instanceRoutes(control),
    ...auditRoutes(control.database),
    ...userRoutes(control.database),
  ];
}

/** What the pages and the API count together. */
const shared = ({ database, redis, secret }: Control) => ({
  throttle: new SignInThrottle(redis, secret),
  exports: new Exports(database),
});

/** The pages, and the HTTP API that does what they do. */
export function controlRoutes(control: Control): [pages: Router, api: Router] {
  const common = shared(control);
  return [controlRouter(control, controlTable(control, common)), apiRouter({ ...control, ...common }, endpoints)];
}
