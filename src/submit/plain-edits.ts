/**
 * Nearly all that is recorded are edits, by the thousand a second, and a schema takes a multiple of the time of these few
 * comparisons. What passes here passes the schema just as it is (a property test compares the two); all else goes to the
 * schema, which says what is wrong.
 */
import { ID_PATTERN } from '../studies/document.js';
import { isChangeSet, MAX_BATCH, MAX_BY, PAGE_PATTERN, type Sent, timeSchema } from './event.js';

/** Edits that follow one another, with no field beside those of the schema and no snapshot. */
export function isPlainEdits(body: unknown): body is Pick<Sent, 'events'> {
  if (!hasFields(body, 1) || !isArray(body['events'])) return false;
  const events = body['events'];
  if (events.length > MAX_BATCH || !events.every(isPlainEdit)) return false;
  return events.every(({ seq }, index) => seq === events[0]!.seq + index);
}

const BEFORE = '{"events":';

/**
 * The events as they stand in the text that plain edits were read from: writing them anew takes as long as reading them. Undefined
 * where Postgres might not read there what was read here: escapes that it refuses, or a second field "events", which counts here.
 */
export function eventsText(text: string): string | undefined {
  const isCertain = text.startsWith(`${BEFORE}[`) && text.endsWith(']}') && !text.includes('\\u');
  return isCertain && !text.includes('"events"', BEFORE.length) ? text.slice(BEFORE.length, -1) : undefined;
}

function isPlainEdit(event: unknown): event is { readonly seq: number } {
  if (!hasFields(event, 9) || event['type'] !== 'edit') return false;
  const { seq, at, clock, page, task, cell, focusSeconds, data } = event;
  if (!Number.isSafeInteger(seq) || (seq as number) < 1 || !timeSchema.safeParse(at).success) return false;
  if (!isAmount(clock) || !isAmount(focusSeconds) || !isPlace(task) || !isPlace(cell)) return false;
  return matches(page, PAGE_PATTERN) && isEditData(data);
}

function isEditData(data: unknown): boolean {
  return hasFields(data, 1) && isArray(data['steps']) && data['steps'].length > 0 && data['steps'].every(isStep);
}

function isStep(step: unknown): boolean {
  if (!hasFields(step, 3)) return false;
  const { clock, changes, by } = step;
  return isAmount(clock) && typeof by === 'string' && by.length <= MAX_BY && isChangeSet(changes);
}

/** So many that there is room for no other once each of ours was found. */
function hasFields(value: unknown, count: number): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.keys(value).length === count;
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isAmount(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isPlace(value: unknown): boolean {
  return value === null || matches(value, ID_PATTERN);
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
