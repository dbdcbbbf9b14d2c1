import { parseFilter, type Filter, type Operator } from './filter-parse.js';
import { isObject } from './json.js';
import { NomadError } from './types.js';

/** Go maps: a key that is not there is no mistake, while an unknown field of a struct is. */
const maps = new Set(['Meta', 'Env', 'Config', 'TaskStates', 'QueuedAllocations', 'FailedTGAllocs', 'ClassEligibility'])
  .add('Attributes')
  .add('Drivers')
  .add('HostVolumes')
  .add('TaskLifecycles');
/** Go pointers: asked whether they are empty, Nomad's handler panics and the connection is closed without an answer. */
const pointers = new Set([
  'Job',
  'Periodic',
  'ParameterizedJob',
  'Multiregion',
  'DeploymentStatus',
  'RescheduleTracker',
])
  .add('Migrate')
  .add('Reschedule')
  .add('ForceReschedule');
const unsigned = /^(Version|(Create|Modify|JobModify|AllocModify|Snapshot)Index)$/;
const bools: Record<string, boolean> = { true: true, True: true, TRUE: true, t: true, T: true, 1: true };
for (const word of ['false', 'False', 'FALSE', 'f', 'F', '0']) bools[word] = false;

/** Thrown where Nomad's handler panics. */
export class Panic extends Error {}

/** Whether an object passes a filter expression; Nomad looks at the whole object, not at the row that it answers. */
export function filterBy(expression: string): (item: unknown) => boolean {
  const filter = parseFilter(expression);
  return (item) => passes(filter, item);
}

function passes(filter: Filter, item: unknown): boolean {
  switch (filter.kind) {
    case 'and':
      return passes(filter.left, item) && passes(filter.right, item);
    case 'or':
      return passes(filter.left, item) || passes(filter.right, item);
    case 'not':
      return !passes(filter.operand, item);
    case 'match': {
      const found = valueAt(item, filter.path);
      const result = found.present
        ? matches(filter.operator, found.value, filter.value, filter.path)
        : filter.operator === 'empty';
      return result !== filter.negated;
    }
  }
}

function valueAt(item: unknown, path: string[]): { present: boolean; value?: unknown } {
  let value = item;
  for (const [part, name] of path.entries()) {
    const inMap = maps.has(path[part - 1] ?? '') || path[part - 2] === 'AllocatedResources' || (part === 0 && false);
    const where = `error finding value in datum: /${path.join('/')}`;
    if (Array.isArray(value)) {
      const list: unknown[] = value;
      if (!(Number(name) < list.length)) {
        throw unreadable(`${where} at part ${part}: index ${name} is out of range (length = ${list.length})`);
      }
      value = list[Number(name)];
    } else if (inMap && (value === null || isObject(value))) {
      if (value === null || !(name in value)) {
        if (part === path.length - 1) return { present: false };
        throw unreadable(`${where} at part ${part}: couldn't find key "${name}"`);
      }
      value = value[name];
    } else if (!isObject(value)) {
      const kind = typeof value === 'string' ? 'string' : 'invalid';
      throw unreadable(`${where}: at part ${part}, invalid value kind: ${kind}`);
    } else if (name in value) value = value[name];
    else throw unreadable(`${where} at part ${part}: couldn't find key: struct field with name "${name}"`);
  }
  return { present: true, value };
}

function matches(operator: Operator, value: unknown, wanted: string, path: string[]): boolean {
  const field = path.at(-1) ?? '';
  switch (operator) {
    case 'equal':
      return equals(value, wanted, field);
    case 'in':
      return contains(value, wanted, path);
    case 'matches':
      if (typeof value !== 'string') throw unreadable(`Value of type ${typeOf(value)} is not convertible to []byte`);
      return regularExpression(wanted).test(value);
    case 'empty':
      if (typeof value === 'string' || Array.isArray(value)) return value.length === 0;
      if (value === null && !pointers.has(field)) return true;
      if (isObject(value) && maps.has(field)) return Object.keys(value).length === 0;
      throw new Panic(`${path.join('.')} is empty`);
  }
}

function equals(value: unknown, wanted: string, field: string): boolean {
  if (typeof value === 'string') return value === wanted;
  if (typeof value === 'boolean') {
    const bool = bools[wanted];
    if (bool === undefined) throw unconvertible('ParseBool', wanted);
    return value === bool;
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    const sign = unsigned.test(field) ? '' : '-?';
    if (!new RegExp(`^${sign}\\d+$`).test(wanted)) throw unconvertible(sign ? 'ParseInt' : 'ParseUint', wanted);
    return BigInt(value) === BigInt(wanted);
  }
  throw unreadable('unable to find suitable primitive comparison function for matching');
}

function contains(value: unknown, wanted: string, path: string[]): boolean {
  if (typeof value === 'string') return value.includes(wanted);
  if (Array.isArray(value)) return value.some((one) => equals(one, wanted, ''));
  if (value === null) return false;
  if (isObject(value) && maps.has(path.at(-1) ?? '')) return wanted in value;
  const selector = JSON.stringify(path.join('.'));
  throw unreadable(`Cannot perform in/contains operations on type ${typeOf(value)} for selector: ${selector}`);
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unreadable(`Failed to compile regular expression ${JSON.stringify(text)}: error parsing regexp: ${reason}`);
  }
}

function typeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'slice';
  return typeof value === 'number' || typeof value === 'bigint' ? 'int' : 'struct';
}

const unreadable = (reason: string) => new NomadError(400, `failed to read result page: ${reason}`);

function unconvertible(parser: string, wanted: string): NomadError {
  const reason = `strconv.${parser}: parsing ${JSON.stringify(wanted)}: invalid syntax`;
  return unreadable(`error getting match value in expression: ${reason}`);
}
