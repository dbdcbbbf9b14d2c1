import type { FieldDiff, GroupDiff, JobDiff, ObjectDiff, TaskDiff } from '../platform/nomad/deploy-schemas.js';

type Kind = JobDiff['Type'];

/** How Nomad's own command line marks a change, and the colour it gives it. */
const marks: Record<Kind, { readonly sign: string; readonly colour: number | undefined }> = {
  Added: { sign: '+', colour: 32 },
  Deleted: { sign: '-', colour: 31 },
  Edited: { sign: '+/-', colour: 33 },
  None: { sign: '', colour: undefined },
};

interface Line {
  readonly depth: number;
  readonly kind: Kind;
  readonly text: string;
}

/** A longer value is shown by how long it is: configuration files within a job would bury the rest. */
const LONGEST = 120;

/** The difference between a job in Nomad and in its file, as `nomad job plan` shows it. */
export function printDiff(diff: JobDiff, colours: boolean): string {
  const lines = [
    { depth: 0, kind: diff.Type, text: `Job: ${JSON.stringify(diff.ID)}` },
    ...details(diff, 1),
    ...(diff.TaskGroups ?? []).flatMap((group) => groupLines(group, diff.Type)),
  ];
  return lines.map((line) => render(line, colours)).join('\n');
}

function groupLines(group: GroupDiff, job: Kind): Line[] {
  const updates = Object.entries(group.Updates ?? {}).sort(([one], [other]) => one.localeCompare(other));
  const counts = updates.map(([what, count]) => `${count} ${what}`).join(', ');
  const tasks = (group.Tasks ?? []).flatMap((task) => taskLines(task));
  if (group.Type === 'None' && job === 'None') return [];
  const text = `Task Group: ${JSON.stringify(group.Name)}${counts === '' ? '' : ` (${counts})`}`;
  return [{ depth: 0, kind: group.Type, text }, ...details(group, 1), ...tasks];
}

function taskLines(task: TaskDiff): Line[] {
  if (task.Type === 'None') return [];
  const text = `Task: ${JSON.stringify(task.Name)}${annotations(task.Annotations)}`;
  return [{ depth: 1, kind: task.Type, text }, ...details(task, 2)];
}

/** What changed within; of something new or gone, its name says enough. */
function details({ Type, Fields, Objects }: Pick<TaskDiff, 'Type' | 'Fields' | 'Objects'>, depth: number): Line[] {
  if (Type !== 'Edited') return [];
  return [...fieldLines(Fields ?? [], depth), ...(Objects ?? []).flatMap((object) => objectLines(object, depth))];
}

function objectLines({ Type, Name, Fields, Objects }: ObjectDiff, depth: number): Line[] {
  return [
    { depth, kind: Type, text: `${Name} {` },
    ...fieldLines(Fields ?? [], depth + 1),
    ...(Objects ?? []).flatMap((object) => objectLines(object, depth + 1)),
    { depth, kind: 'None', text: '}' },
  ];
}

function fieldLines(fields: readonly FieldDiff[], depth: number): Line[] {
  const width = Math.max(0, ...fields.map(({ Name }) => Name.length));
  return fields.map((field) => {
    const name = `${field.Name}:`.padEnd(width + 1);
    return { depth, kind: field.Type, text: `${name} ${change(field)}${annotations(field.Annotations)}` };
  });
}

function change({ Type, Old, New }: FieldDiff): string {
  if (Type === 'Edited') return `${quoted(Old)} => ${quoted(New)}`;
  return quoted(Type === 'Deleted' ? Old : New);
}

function quoted(value: string): string {
  if (value.length <= LONGEST) return JSON.stringify(value);
  return `${JSON.stringify(value.slice(0, LONGEST))}… (${value.length} characters)`;
}

const annotations = (words: readonly string[] | null | undefined): string =>
  words && words.length > 0 ? ` (${words.join(', ')})` : '';

function render({ depth, kind, text }: Line, colours: boolean): string {
  const { sign, colour } = marks[kind];
  const mark = colours && colour !== undefined ? `\u001b[${colour}m${sign}\u001b[0m` : sign;
  return `${'  '.repeat(depth)}${mark}${' '.repeat(4 - sign.length)}${text}`.trimEnd();
}
