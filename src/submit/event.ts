/** The events that a notebook page records, as they come over the wire. docs/recording.md tells what each means. */
import { z } from 'zod';
import { documentSchema, ID_PATTERN } from '../studies/document.js';
import type { EventKind } from '../studies/recording.js';

const id = z.string().regex(ID_PATTERN).nullable();
const empty = z.strictObject({});
const position = z.strictObject({ to: z.int().min(0) });
const length = z.strictObject({ characters: z.int().min(0) });
const size = z.strictObject({ width: z.int().min(0), height: z.int().min(0) });

/** A CodeMirror change set as JSON: lengths that stay, and `[deleted, ...inserted lines]`. */
const changesSchema = z.custom<unknown[]>(isChangeSet, 'expected the changes of a text');

/** By hand: each keystroke comes by here, and a schema takes a multiple of the time. */
export function isChangeSet(value: unknown): boolean {
  return Array.isArray(value) && value.every((part) => isLength(part) || isReplacement(part));
}

function isLength(part: unknown): boolean {
  return Number.isSafeInteger(part) && (part as number) >= 0;
}

function isReplacement(part: unknown): boolean {
  return (
    Array.isArray(part) && part.every((inner, index) => (index === 0 ? isLength(inner) : typeof inner === 'string'))
  );
}

export const MAX_BY = 64;

const stepSchema = z.strictObject({
  /** As the event's own. */
  clock: z.number().min(0),
  changes: changesSchema,
  /** CodeMirror's word for what the participant did, such as `input.type`, `input.paste`, `undo`, `move.drop`. */
  by: z.string().max(MAX_BY),
});

const outputSchema = z.looseObject({ output_type: z.string().min(1).max(100) });

/** What each kind of event carries. */
const dataSchemas = {
  open: size.extend({ language: z.string().max(64), resumed: z.boolean() }),
  start: position,
  next: position,
  skip: position,
  'time-up': position,
  finish: empty,
  edit: z.strictObject({ steps: z.array(stepSchema).min(1) }),
  run: z.strictObject({ source: z.string() }),
  output: z.strictObject({
    outputs: z.array(outputSchema),
    executionCount: z.int().min(0).nullable(),
    status: z.enum(['ok', 'error', 'aborted', 'lost']),
    /** Characters that the program put out beyond what is kept. */
    cut: z.int().min(0),
    /** From the run to its end. */
    milliseconds: z.number().min(0),
  }),
  interrupt: empty,
  reset: empty,
  kernel: z.strictObject({
    state: z.enum(['starting', 'idle', 'busy', 'reconnecting', 'dead']),
    /** Why it was restarted, as far as the instance knows, such as `memory`. */
    reason: z.string().max(64).optional(),
  }),
  reconnect: z.strictObject({ instance: z.enum(['same', 'new']), variables: z.enum(['kept', 'lost']) }),
  paste: z.strictObject({
    characters: z.int().min(0),
    /** Absent where the study keeps no pasted text. */
    text: z.string().optional(),
    /** From the notebook itself, or a mere address: the original's rules, by which the source is not asked for. */
    own: z.boolean(),
  }),
  'skip-survey': z.strictObject({ answers: z.record(z.string(), z.unknown()) }),
  /** Numbers whose contents are gone; not more than a page can have written. */
  lost: z.strictObject({ count: z.int().min(1).max(1_000_000) }),
  copy: length,
  cut: length,
  focus: empty,
  blur: empty,
  visibility: z.strictObject({ visible: z.boolean() }),
  scroll: empty,
  resize: size,
} as const satisfies Record<EventKind, z.ZodType>;

/** In the place of data that the server refused as too large. */
const withheldSchema = z.strictObject({ withheld: z.literal(true), characters: z.int().min(0) });

/** The name of a page load. */
export const PAGE_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;
export const pageSchema = z.string().regex(PAGE_PATTERN);

/** ISO 8601. */
export const timeSchema = z.iso.datetime({ offset: true });

const headSchema = z.object({
  seq: z.int().min(1),
  /** The browser's own clock. */
  at: timeSchema,
  /** Milliseconds since the page was opened, monotonic. */
  clock: z.number().min(0),
  page: pageSchema,
  task: id,
  cell: id,
  /** Seconds for which the page had the window's focus since it was opened. */
  focusSeconds: z.number().min(0),
});

function kindSchema<Kind extends EventKind>(type: Kind) {
  return headSchema.extend({ type: z.literal(type), data: z.union([dataSchemas[type], withheldSchema]) });
}

const kindSchemas = (Object.keys(dataSchemas) as EventKind[]).map(kindSchema);

export type EventData = { [Kind in EventKind]: z.infer<(typeof dataSchemas)[Kind]> };

/** One step of a participant. `seq` counts from 1 without a gap over all their page loads. */
export interface StudyEvent extends z.infer<typeof headSchema> {
  readonly type: EventKind;
  /** `EventData[type]`, or what stands in its place when it was withheld. */
  readonly data: Readonly<Record<string, unknown>>;
}

export const eventSchema = z.discriminatedUnion(
  'type',
  kindSchemas as [(typeof kindSchemas)[number]],
) as unknown as z.ZodType<StudyEvent>;

const snapshotSchema = z.object({ seq: z.int().min(0), document: documentSchema });

/** At most so many events a request; the page sends up to 100. */
export const MAX_BATCH = 1_000;

export const sentSchema = z.object({
  events: z
    .array(eventSchema)
    .max(MAX_BATCH)
    .refine(
      (events) => events.every((event, index) => event.seq === events[0]!.seq + index),
      'the numbers must follow one another',
    ),
  snapshot: snapshotSchema.optional(),
});

/** What a page sends. */
export type Sent = z.infer<typeof sentSchema>;

/**
 * As JSON that Postgres stores: it refuses NUL and lone surrogates, which a program may well print.
 * NUL becomes its visible picture U+2400, a lone surrogate U+FFFD; both keep the number of UTF-16 units.
 */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes('\\u')) return json;
  // A backslash of the text itself is written as two, and is passed over as a whole.
  return json.replace(/\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g, (escape) => {
    if (escape === '\\\\') return escape;
    return escape === '\\u0000' ? '\u2400' : '\ufffd';
  });
}
