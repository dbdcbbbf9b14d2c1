/** What a study may leave out of the record. Apart from `recording.ts`, which the notebook page brings along: it needs no zod. */
import { z } from 'zod';

/** All of it is recorded unless the study says so. */
export const recordSchema = z.strictObject({
  /** The time of each change; without it changes are put together over at most a second. */
  keystrokes: z.boolean().default(true),
  /** The text of what is pasted; without it only its length. */
  pastes: z.boolean().default(true),
  /** How much is copied or cut. */
  copies: z.boolean().default(true),
  /** Whether the page is in front, and for how long. */
  focus: z.boolean().default(true),
  /** To which task the page is scrolled. */
  scrolling: z.boolean().default(true),
  /** The size of the window. */
  window: z.boolean().default(true),
});
export type RecordChoice = z.infer<typeof recordSchema>;
