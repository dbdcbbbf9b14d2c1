import type { Database } from '../../platform/postgres/database.js';
import type { ControlRoute } from '../access/route.js';
import type { NomadUi } from '../nomad-ui.js';
import { leaveRoutes } from './leave-page.js';
import { listRoutes } from './list-page.js';
import { personRoutes } from './person-page.js';
import { type ReplayParts, replayRoutes } from './replay-page.js';

interface Parts extends ReplayParts {
  readonly database: Database;
  readonly nomad: NomadUi;
}

/** Participants: leafed through, looked at one by one, taken out. */
export const participantRoutes = (parts: Parts): ControlRoute[] => [
  ...listRoutes(parts.database),
  ...personRoutes(parts),
  ...replayRoutes(parts),
  ...leaveRoutes(parts.database),
];
