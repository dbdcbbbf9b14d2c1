/** Opening, pausing and closing a study, as whoever may do it decides. */
import { changeStudyState, type StudyState } from '../../participants/study-state.js';
import type { Database } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { unknownStudy } from '../access/study-right.js';
import { readStudyView, type StudyView } from './study.js';

export const studyStates = ['draft', 'open', 'paused', 'closed'] as const satisfies readonly StudyState[];

/** What can be made of a study in each state. */
export const changes: Readonly<Record<StudyState, readonly StudyState[]>> = {
  draft: ['open'],
  open: ['paused', 'closed'],
  paused: ['open', 'closed'],
  closed: ['open'],
};

export async function foundStudy(database: Database, id: string): Promise<StudyView> {
  const view = await readStudyView(database, id);
  if (view === undefined) throw unknownStudy();
  return view;
}

export interface Decided {
  readonly study: string;
  /** As whoever decided it has seen the study. */
  readonly from: string | null;
  readonly to: unknown;
  readonly actor: string;
}

export async function moveStudy(database: Database, { study: id, from, to, actor }: Decided): Promise<void> {
  const study = await foundStudy(database, id);
  if (from !== study.state) throw changedMeanwhile(study.state);
  const change = { study: study.id, from: study.state, to: possible(from, to), actor };
  if (!(await changeStudyState(database, change))) throw changedMeanwhile((await foundStudy(database, id)).state);
}

export function possible(from: StudyState, to: unknown): StudyState {
  const found = changes[from].find((state) => state === to);
  if (found !== undefined) return found;
  throw new Refusal(409, 'no-such-change', `A study that is ${from} can only become ${changes[from].join(' or ')}.`);
}

const changedMeanwhile = (state: StudyState): Refusal =>
  new Refusal(
    409,
    'changed-meanwhile',
    `Somebody changed the study meanwhile: it is ${state} now. Nothing was changed by you.`,
  );
