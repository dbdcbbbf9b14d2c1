import { auditEndpoints } from './audit.js';
import type { Endpoint } from './endpoint.js';
import { instanceEndpoints } from './instances.js';
import { overviewEndpoints } from './overview.js';
import { participantEndpoints } from './participants.js';
import { studyEndpoints } from './studies.js';

/** Every operation of the HTTP API and whom it is for; a test has negative cases for each. */
export const endpoints: readonly Endpoint[] = [
  ...overviewEndpoints,
  ...studyEndpoints,
  ...participantEndpoints,
  ...instanceEndpoints,
  ...auditEndpoints,
];
