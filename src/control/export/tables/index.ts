import type { ExportedTable } from '../table.js';
import { answers, erased, invitations, participants, screenings } from './people.js';
import { events, givenUp, snapshots, strayEvents, submittedCode, submittedPastes } from './record.js';
import { audit, conditions, counters, instances, leases, studies, studyFiles } from './running.js';
import { conditionVersions, studyVersions, versionFiles } from './versions.js';

/** In the order in which they can be imported: a row comes after those that it names. */
export const tables: readonly ExportedTable[] = [
  studies,
  studyFiles,
  conditions,
  studyVersions,
  conditionVersions,
  versionFiles,
  participants,
  instances,
  leases,
  events,
  strayEvents,
  givenUp,
  snapshots,
  screenings,
  answers,
  submittedCode,
  submittedPastes,
  invitations,
  erased,
  counters,
  audit,
];

/** Tables of which nothing is exported, and why; nor of the schema `accounts`, which has the team's passwords. */
export const neverExported: Readonly<Record<string, string>> = {
  leadership: 'which manager leads at the moment',
  seen: 'who has the waiting page open at the moment',
};
