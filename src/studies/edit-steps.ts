/** The steps of an `edit` event, for whoever does not record each of them. */
import type { ChangeSet } from '@codemirror/state';

export interface EditStep {
  readonly clock: number;
  readonly changes: ChangeSet;
  /** CodeMirror's user event. */
  readonly by: string;
}

/** One step in the place of many, at least one: what they did, not when and how each. @throws RangeError where they do not follow one another */
export function together(steps: readonly EditStep[]): EditStep {
  const [first] = steps;
  if (steps.length === 1) return first!;
  // In halves: one after the other, a long list would cost the square of its length.
  const half = Math.floor(steps.length / 2);
  const [one, other] = [together(steps.slice(0, half)), together(steps.slice(half))];
  if (one.changes.newLength !== other.changes.length) throw new RangeError('the steps do not follow one another');
  return {
    clock: one.clock,
    changes: one.changes.compose(other.changes),
    by: one.by === other.by ? one.by : '',
  };
}
