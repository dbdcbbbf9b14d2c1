import type { Route } from './http.js';
import type { Surroundings } from './reads.js';
import { allocationReads } from './routes-allocations.js';
import { clusterRoutes } from './routes-cluster.js';
import { fileRoutes } from './routes-files.js';
import { jobReads, jobWrites } from './routes-jobs.js';
import { lacking } from './types.js';

/** Calls of Nomad under a path that other calls here begin with; they would be taken for those. */
const lacks: [method: Route['method'], path: RegExp][] = [
  ['PUT', /^\/v1\/job\/.+\/(evaluate|periodic\/force|revert|stable|scale)$/],
  ['GET', /^\/v1\/job\/.+\/(scale|services|submission)$/],
  ['DELETE', /^\/v1\/(evaluations|namespace\/.+)$/],
  ['PUT', /^\/v1\/(namespaces|namespace\/.+|operator\/scheduler\/configuration|acl\/token\/self)$/],
];

const lackingRoutes = lacks.map(([method, path]): Route => ({
  method,
  path,
  need: 'anyone',
  handle: (call) => {
    throw lacking(`${method} ${call.path}`);
  },
}));

/** The calls that the system and Nomad's command line make; every other is answered with 501 and says so. */
export const standInRoutes = (around: Surroundings): Route[] => [
  ...lackingRoutes,
  ...jobWrites(around),
  ...jobReads(around),
  ...allocationReads(around),
  ...clusterRoutes(around),
  ...fileRoutes(around),
];
