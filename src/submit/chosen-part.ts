import { ChangeSet } from '@codemirror/state';
import { together } from '../studies/edit-steps.js';
import { isRecorded, type RecordChoice } from '../studies/recording.js';
import type { StudyEvent } from './event.js';

/**
 * What a study chose to record of an event. The page leaves the rest out by itself; a page that was changed, or was open when
 * the study changed, must not record more than the consent form says. The number stays, so that none is missing.
 */
export function chosenPart(event: StudyEvent, choice: RecordChoice): StudyEvent {
  const shown = choice.focus ? event : { ...event, focusSeconds: 0 };
  const { type, data } = shown;
  if (!isRecorded(type, choice)) return { ...shown, task: null, cell: null, data: {} };
  if (type === 'paste' && !choice.pastes && 'text' in data) return { ...shown, data: withoutText(data) };
  if (type === 'open' && !choice.window) return { ...shown, data: { ...data, width: 0, height: 0 } };
  if (type === 'edit' && !choice.keystrokes && 'steps' in data) return { ...shown, data: inOneStep(data) };
  return shown;
}

function withoutText(data: StudyEvent['data']): StudyEvent['data'] {
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== 'text'));
}

interface Step {
  readonly clock: number;
  readonly changes: unknown;
  readonly by: string;
}

/** Steps that do not follow one another are of no editor: nothing could be rebuilt from them, and each told its time. */
function inOneStep(data: StudyEvent['data']): StudyEvent['data'] {
  const steps = data['steps'] as readonly Step[];
  try {
    const { changes, ...step } = together(
      steps.map((each) => ({ ...each, changes: ChangeSet.fromJSON(each.changes) })),
    );
    return { steps: [{ ...step, changes: changes.toJSON() as unknown }] };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { withheld: true, characters: JSON.stringify(data).length };
  }
}
