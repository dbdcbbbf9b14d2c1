/** From notebooks to a study folder. */
import { stringify } from 'yaml';
import { idsFor } from './ids.js';
import { type GivenFile, type NotebookTask, prefixOf, type Variant, variantsOf } from './notebook-files.js';
import { startingStudy, startingTexts } from './starting-texts.js';
import type { StudyFolder } from './study-folder.js';

/** The factor of which each notebook is a level. */
const FACTOR = 'notebook';

interface Plan {
  readonly variants: readonly Variant[];
  /** The levels' names, by notebook. */
  readonly levels: readonly string[];
  /** In the order of the first notebook. */
  readonly tasks: readonly { readonly id: string; readonly key: string; readonly moves: boolean }[];
}

export function notebookStudy(given: readonly GivenFile[], schema?: string): StudyFolder {
  const notes: string[] = [];
  const variants = variantsOf(given, schema, notes);
  const [id] = idsFor([prefixOf(variants.map(({ file }) => file))], 'study');
  const plan: Plan = {
    variants,
    levels: idsFor(
      variants.map(({ label }) => label),
      'notebook',
    ),
    tasks: plannedTasks(variants),
  };
  const files = new Map<string, string>(Object.entries(startingTexts));
  const study = {
    ...startingStudy(id!, id!),
    ...(variants.length === 1 ? {} : { conditions: { [FACTOR]: variants.map((variant, v) => levelOf(plan, variant, v)) } }),
    tasks: plan.tasks.map((_, place) => taskOf(plan, place, files)),
  };
  files.set('study.yaml', `# Imported from Jupyter notebooks.\n${stringify(study, { lineWidth: 0 })}`);
  return { id: id!, files, notes };
}

function plannedTasks(variants: readonly Variant[]): Plan['tasks'] {
  const first = variants[0]!.tasks;
  const ids = idsFor(
    first.map(({ key }) => `task-${key}`),
    'task',
  );
  return first.map(({ key }, place) => ({
    ...{ id: ids[place]!, key },
    moves: variants.some(({ tasks }) => tasks[place]!.key !== key),
  }));
}

function levelOf({ tasks, levels }: Plan, { label, tasks: own }: Variant, v: number): object {
  const order = own.flatMap(({ key }) => tasks.filter((task) => task.key === key && task.moves).map(({ id }) => id));
  return { name: levels[v], label, ...(order.length > 0 ? { order } : {}) };
}

function taskOf(plan: Plan, place: number, files: Map<string, string>): object {
  const { id, key, moves } = plan.tasks[place]!;
  const versions = plan.variants.map(({ tasks }) => tasks.find((task) => task.key === key)!);
  const kind = kindOf(versions[0]!, place, plan.tasks.length, moves);
  const cells = versions[0]!.cells.map(({ type, runnable }, c) => {
    const file = writeCell(`tasks/${id}/${c + 1}`, type === 'code' ? 'py' : 'md', sourcesOf(versions, c), plan, files);
    return type === 'code' ? { code: file, ...(runnable ? {} : { runnable }) } : { markdown: file };
  });
  return { id, title: titleOf(versions, id), ...(kind === 'task' ? {} : { kind }), cells };
}

const sourcesOf = (versions: readonly NotebookTask[], cell: number): string[] => versions.map(({ cells }) => cells[cell]!.source);

/** One file where all notebooks say the same, one for each otherwise. */
function writeCell(start: string, ending: string, sources: readonly string[], { levels }: Plan, files: Map<string, string>): string {
  if (new Set(sources).size === 1) {
    files.set(`${start}.${ending}`, `${sources[0]}\n`);
    return `${start}.${ending}`;
  }
  for (const [v, source] of sources.entries()) files.set(`${start}-${levels[v]}.${ending}`, `${source}\n`);
  return `${start}-%${FACTOR}%.${ending}`;
}

function kindOf({ cells }: NotebookTask, place: number, count: number, moves: boolean): string {
  if (moves || count === 1 || cells.some(({ type }) => type === 'code')) return 'task';
  return place === 0 ? 'introduction' : place === count - 1 ? 'closing' : 'task';
}

/** The first heading, where all notebooks have the same. */
function titleOf(versions: readonly NotebookTask[], id: string): string {
  const titles = versions.map(({ cells }) => /^#+ +(.+?)[ #]*$/m.exec(cells.find(({ type }) => type === 'markdown')?.source ?? '')?.[1]);
  return (new Set(titles).size === 1 ? titles[0]?.slice(0, 300) : undefined) ?? id;
}
