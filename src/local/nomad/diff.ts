import { isObject, sortedText, type JsonObject } from './json.js';
import type { Job, Task, TaskGroup } from './types.js';

type Type = 'Added' | 'Deleted' | 'Edited' | 'None';

interface FieldDiff {
  Annotations: null;
  Name: string;
  New: string;
  Old: string;
  Type: Type;
}

interface ObjectDiff {
  Fields: FieldDiff[] | null;
  Name: string;
  Objects: ObjectDiff[] | null;
  Type: Type;
}

/** What Nomad notes about a job, beside what the job says. */
const notes = ['ID', 'Status', 'StatusDescription', 'Version', 'Stable', 'CreateIndex', 'ModifyIndex']
  .concat('JobModifyIndex', 'Update', 'SubmitTime', 'NomadTokenID', 'VaultToken')
  .concat('Dispatched', 'DispatchIdempotencyToken', 'ParentID', 'Payload');

/** Names of Nomad's for the parts of a list. */
const elementNames: Record<string, string> = {
  Constraints: 'Constraint',
  Affinities: 'Affinity',
  Spreads: 'Spread',
  Networks: 'Network',
  Services: 'Service',
  Checks: 'Check',
  DynamicPorts: 'Dynamic Port',
  ReservedPorts: 'Static Port',
  Templates: 'Template',
  Artifacts: 'Artifact',
};
/** Lists of texts that are diffed as sets. */
const sets = new Set(['Datacenters', 'Tags', 'CanaryTags', 'MetaRequired', 'MetaOptional']);

export function saysTheSame(one: Job, other: Job): boolean {
  return jobDiff(one, other).Type === 'None' && sortedText(one.Datacenters) === sortedText(other.Datacenters);
}

/** What changes when a job takes another's place, in the shape of Nomad's plan. */
export function jobDiff(from: Job | undefined, to: Job, updates?: Record<string, number>) {
  const own = (job: Job | undefined) => job && leaving(job, [...notes, 'TaskGroups']);
  const { Fields, Objects } = partsOf(own(from), own(to), false);
  const TaskGroups = pairs(from?.TaskGroups, to.TaskGroups).map(([old, young]) => groupDiff(old, young, updates));
  const changed = Fields ?? Objects ?? TaskGroups.find((group) => group.Type !== 'None');
  const Type: Type = from === undefined ? 'Added' : changed ? 'Edited' : 'None';
  return { Fields, ID: to.ID, Objects, TaskGroups, Type };
}

function groupDiff(old: TaskGroup | undefined, young: TaskGroup | undefined, updates?: Record<string, number>) {
  const own = (group: TaskGroup | undefined) => group && leaving(group, ['Name', 'Tasks']);
  const { Fields, Objects } = partsOf(own(old), own(young), false);
  const Tasks = pairs(old?.Tasks, young?.Tasks).map(([before, after]) =>
    taskDiff(before, after, updates !== undefined),
  );
  const Type = typeOf(old, young, Fields ?? Objects ?? Tasks.find((task) => task.Type !== 'None'));
  return { Fields, Name: (young ?? old)?.Name, Objects, Tasks, Type, Updates: updates ?? null };
}

function taskDiff(old: Task | undefined, young: Task | undefined, planned: boolean) {
  const own = (task: Task | undefined) => task && leaving(task, ['Name', 'RestartPolicy', 'Leader', 'CSIPluginConfig']);
  const { Fields, Objects } = partsOf(own(old), own(young), false);
  const Type = typeOf(old, young, Fields ?? Objects ?? undefined);
  const forces = Type === 'Added' ? ['forces create'] : Type === 'Edited' ? ['forces create/destroy update'] : null;
  return { Annotations: planned ? forces : null, Fields, Name: (young ?? old)?.Name, Objects, Type };
}

function typeOf(old: unknown, young: unknown, change: unknown): Type {
  if (old === undefined || old === null) return 'Added';
  if (young === undefined || young === null) return 'Deleted';
  return change === undefined || change === null ? 'None' : 'Edited';
}

/** Elements of two lists, joined by name. */
function pairs<T extends { Name: string }>(old: T[] = [], young: T[] = []): [T | undefined, T | undefined][] {
  const names = [...new Set([...old, ...young].map(({ Name }) => Name))].sort();
  const named = (list: T[], name: string) => list.find(({ Name }) => Name === name);
  return names.map((name) => [named(old, name), named(young, name)]);
}

function partsOf(old: JsonObject | undefined, young: JsonObject | undefined, contextual: boolean) {
  const fields = fieldDiffs(flat(old), flat(young), contextual);
  const names = [...new Set([...Object.keys(old ?? {}), ...Object.keys(young ?? {})])].sort();
  const objects = names.flatMap((name) => objectDiffs(name, old?.[name], young?.[name]));
  return { Fields: fields.length > 0 ? fields : null, Objects: objects.length > 0 ? objects : null };
}

function objectDiffs(name: string, old: unknown, young: unknown): ObjectDiff[] {
  if (sets.has(name)) return setDiff(name, old, young);
  if (name in elementNames) return listDiffs(elementNames[name] ?? name, asList(old), asList(young));
  if (name === 'Meta' || name === 'Env' || !(isObject(old) || isObject(young))) return [];
  return objectDiff(name, isObject(old) ? old : undefined, isObject(young) ? young : undefined);
}

function objectDiff(name: string, old: JsonObject | undefined, young: JsonObject | undefined): ObjectDiff[] {
  if (sortedText(old ?? null) === sortedText(young ?? null)) return [];
  const free = name === 'Config';
  const deep = (value: JsonObject | undefined) => (free ? flatDeep(value) : flat(value));
  const objects = free ? null : partsOf(old, young, true).Objects;
  const fields = fieldDiffs(deep(old), deep(young), true);
  return [{ Fields: fields, Name: name, Objects: objects, Type: typeOf(old, young, true) }];
}

/** An element that has another's name is that one, changed; others are gone or new. */
function listDiffs(name: string, old: JsonObject[], young: JsonObject[]): ObjectDiff[] {
  const rest = young.filter((item) => !old.some((other) => sortedText(other) === sortedText(item)));
  const gone = old.filter((item) => !young.some((other) => sortedText(other) === sortedText(item)));
  const partner = ({ Name }: JsonObject) =>
    Name === undefined ? undefined : rest.find((other) => other.Name === Name);
  const kept = gone.filter(partner);
  return [
    ...kept.flatMap((item) => objectDiff(name, item, partner(item))),
    ...rest
      .filter((item) => !kept.some((other) => partner(other) === item))
      .flatMap((item) => objectDiff(name, undefined, item)),
    ...gone.filter((item) => !kept.includes(item)).flatMap((item) => objectDiff(name, item, undefined)),
  ];
}

function setDiff(name: string, old: unknown, young: unknown): ObjectDiff[] {
  const [before, after] = [old, young].map((list) => (Array.isArray(list) ? list.map(String) : []));
  const field = (value: string): FieldDiff | undefined => {
    const [was, is] = [before?.includes(value), after?.includes(value)];
    if (was && is) return undefined;
    return {
      Annotations: null,
      Name: name,
      New: is ? value : '',
      Old: was ? value : '',
      Type: is ? 'Added' : 'Deleted',
    };
  };
  const fields = [...new Set([...(before ?? []), ...(after ?? [])])]
    .sort()
    .map(field)
    .filter((one) => one !== undefined);
  if (fields.length === 0) return [];
  const type = typeOf(before?.length === 0 ? null : before, after?.length === 0 ? null : after, true);
  return [{ Fields: fields, Name: name, Objects: null, Type: type }];
}

function fieldDiffs(old: Map<string, string>, young: Map<string, string>, contextual: boolean): FieldDiff[] {
  return [...new Set([...old.keys(), ...young.keys()])].sort().flatMap((Name) => {
    const [Old, New] = [old.get(Name) ?? '', young.get(Name) ?? ''];
    const Type: Type = Old === New ? 'None' : Old === '' ? 'Added' : New === '' ? 'Deleted' : 'Edited';
    return Type === 'None' && !contextual ? [] : [{ Annotations: null, Name, New, Old, Type }];
  });
}

const asList = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The plain values of an object, and those of its maps of texts: `Meta[key]`. */
function flat(value: JsonObject | undefined): Map<string, string> {
  const result = new Map<string, string>();
  for (const [name, item] of Object.entries(value ?? {})) {
    if ((name === 'Meta' || name === 'Env') && isObject(item)) {
      for (const [key, text] of Object.entries(item)) result.set(`${name}[${key}]`, String(text));
    } else if (isPlain(item)) result.set(name, String(item));
  }
  return result;
}

/** A driver's settings, to any depth: `args[0]`, `mount[0].target`. */
function flatDeep(value: unknown, prefix = ''): Map<string, string> {
  if (isPlain(value)) return new Map([[prefix, String(value)]]);
  const entries = Array.isArray(value)
    ? value.map((item, index): [string, unknown] => [`${prefix}[${index}]`, item])
    : Object.entries(isObject(value) ? value : {}).map(([name, item]): [string, unknown] => [
        prefix === '' ? name : `${prefix}.${name}`,
        item,
      ]);
  return new Map(entries.flatMap(([name, item]) => [...flatDeep(item, name)]));
}

const isPlain = (value: unknown): value is string | number | boolean | bigint =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value);

function leaving(item: object, names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}
