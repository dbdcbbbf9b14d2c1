import type { Database } from '../../platform/postgres/database.js';
import type { ControlRoute } from '../access/route.js';
import type { NomadUi } from '../nomad-ui.js';
import { downloadRoutes } from './download.js';
import { leaveRoutes } from './leave-page.js';
import { listRoutes } from './list-page.js';
import { personRoutes } from './person-page.js';
import { type ReplayParts, replayRoutes } from './replay-page.js';
import { versionRoutes } from './versions-page.js';

interface Parts extends ReplayParts {
  readonly database: Database;
  readonly nomad: NomadUi;
}

/** Participants: leafed through, looked at one by one, taken out. */
export const participantRoutes = (parts: Parts): ControlRoute[] => [
  ...listRoutes(parts.database),
  ...personRoutes(parts),
  ...versionRoutes(parts.database),
  ...replayRoutes(parts),
  ...downloadRoutes(parts.database),
  ...leaveRoutes(parts.database),
];
