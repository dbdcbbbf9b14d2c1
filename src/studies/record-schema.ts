/** What a study may leave out of the record. Apart from `recording.ts`, which the notebook page brings along: it needs no zod. */
import { z } from 'zod';

/** All of it is recorded unless the study says so. */
export const recordSchema = z.strictObject({
  keystrokes: z.boolean().default(true).describe('The time of each change; without it changes are put together over at most a second.'),
  pastes: z.boolean().default(true).describe('The text of what is pasted; without it only its length.'),
  copies: z.boolean().default(true).describe('How much is copied or cut.'),
  focus: z.boolean().default(true).describe('Whether the page is in front, and for how long.'),
  scrolling: z.boolean().default(true).describe('To which task the page is scrolled.'),
  window: z.boolean().default(true).describe('The size of the window.'),
});
export type RecordChoice = z.infer<typeof recordSchema>;
