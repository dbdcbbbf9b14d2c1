import { z } from 'zod';
import { documentSchema, ID_PATTERN } from '../studies/document.js';

const id = z.string().regex(ID_PATTERN).nullable();

export const eventTypes = [
  ...['open', 'start', 'edit', 'run', 'output', 'interrupt', 'reset'],
  ...['next', 'skip', 'focus', 'blur', 'paste', 'finish'],
] as const;

export const eventSchema = z.object({
  seq: z.int().min(1),
  type: z.enum(eventTypes as readonly [string, ...string[]]),
  at: z.iso.datetime({ offset: true }),
  page: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  task: id,
  cell: id,
  focusSeconds: z.number().min(0),
  data: z.record(z.string(), z.unknown()),
});

const snapshotSchema = z.object({ seq: z.int().min(0), document: documentSchema });

/** At most so many events a request; the page sends up to 100. */
const MAX_BATCH = 1_000;

export const intakeSchema = z.object({
  events: z
    .array(eventSchema)
    .max(MAX_BATCH)
    .refine(
      (events) => events.every((event, index) => event.seq === events[0]!.seq + index),
      'the numbers must follow one another',
    ),
  snapshot: snapshotSchema.optional(),
});

export type StudyEvent = z.infer<typeof eventSchema>;
export type Intake = z.infer<typeof intakeSchema>;

/**
 * As JSON that Postgres stores: it refuses NUL and lone surrogates, which a program may well print.
 * NUL becomes its visible picture U+2400, a lone surrogate U+FFFD.
 */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? inner.toWellFormed().replaceAll('\0', '\u2400') : inner,
  );
}
