/** A study as its participants and the analysis see it, and what tells one version of it from another. */
import { createHash } from 'node:crypto';
import type { Study } from './read.js';

/** What the participants' pages need of a study. */
export type StudyPage = Pick<Study, (typeof pageFields)[number]>;
const pageFields = [
  'balancing',
  'texts',
  'consentBoxes',
  'entry',
  'screening',
  'exitSurvey',
  'caps',
  'instance',
  'keepDays',
  'notebook',
  'record',
  'skipSurvey',
] as const;

export function pageOf(study: Study): StudyPage {
  return Object.fromEntries(pageFields.map((field) => [field, study[field]])) as unknown as StudyPage;
}

/**
 * SHA-256 over all that participants or the analysis get to see. Comments in the files, their names and the state in which a
 * new study begins are not part of it; what the software makes of the files is.
 */
export function revisionOf(study: Study): string {
  const { id, title, language, profile, conditions, attachments } = study;
  const seen = {
    ...{ id, title, language, profile, page: pageOf(study) },
    conditions: conditions.map(({ number, name, factors, document, starterFiles }) => ({
      ...{ number, name, factors, document, starterFiles },
    })),
    attachments: attachments.map(({ name, type, content }) => ({ name, type, digest: sha256(content) })),
  };
  return sha256(canonical(seen));
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** JSON with the keys of each object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
