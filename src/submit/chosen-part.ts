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
  if (type === 'edit' && !choice.keystrokes && 'steps' in data) return { ...shown, data: withOneTime(data) };
  return shown;
}

function withoutText(data: StudyEvent['data']): StudyEvent['data'] {
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== 'text'));
}

function withOneTime(data: StudyEvent['data']): StudyEvent['data'] {
  const steps = data['steps'] as readonly { readonly clock: number }[];
  return { ...data, steps: steps.map((step) => ({ ...step, clock: steps[0]!.clock })) };
}
