/** What `study.yaml` may say. Unknown fields are refused, so that a typing error is seen and not ignored. */
import { z } from 'zod';
import { idSchema, MAX_CELLS_PER_TASK, MAX_TASKS, MAX_TITLE_LENGTH, taskKindSchema } from './document.js';
import { balancingSchema } from './balancing.js';
import { crossReferenceProblems } from './cross-references.js';
import type { DefinitionProblem } from './definition-problem.js';
import { defaultConsentBoxes, type ConsentBox } from './consent-boxes.js';
import { entrySchema } from './entry.js';
import { exitSurveySchema } from './exit-survey.js';
import { instanceTimeSchema } from './instance-time.js';
import type { Level } from './level.js';
import { questionsSchema } from './questions.js';
import { recordSchema } from './record-schema.js';
import { screeningSchema } from './screening.js';
import { ownWords } from '../platform/web/refusal-pages.js';
import { starterFilesSchema } from './starter-files.js';

/** As the original did by default: `maxInstances` and `dailyMaxInstances`. */
export const DEFAULT_MAX_PARTICIPANTS = 200;
export const DEFAULT_PER_ADDRESS_AND_DAY = 2;

/** Kept free for the placeholders of the tasks' positions (`%task0%`, `%task0.short%`). */
const RESERVED_KEY = /^task\d+$/;
const keySchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'expected a key of letters, digits and _, beginning with a letter')
  .refine((key) => !RESERVED_KEY.test(key), 'keys such as task0 are kept for the tasks themselves');

const valuesSchema = z.record(keySchema, z.union([z.string().max(10_000), z.number()]).transform(String));

const titleSchema = z.string().trim().min(1).max(MAX_TITLE_LENGTH);
const fileSchema = z.string().min(1).max(500);

const levelSchema = z
  .union(
    [
      z
        .string()
        .min(1)
        .max(100)
        .transform((name) => ({ name })),
      z.strictObject({
        /** What the factor's placeholder becomes, and what the analysis sees. */
        name: z.string().min(1).max(100),
        /** How the condition's name says it; the level's name if missing. */
        label: z.string().min(1).max(100).optional(),
        /** More placeholders that go with this level. */
        values: valuesSchema.optional(),
        /** These tasks take, in this order, the places that they have among the tasks. */
        order: z.array(z.string()).min(2).optional(),
      }),
    ],
    { error: 'expected a name, or a level with name, label, values and order' },
  )
  .transform((level): Level => ({ label: level.name, values: {}, order: [], ...withoutUndefined(level) }));

const cellSchema = z.union(
  [
    z.strictObject({ id: idSchema.optional(), markdown: fileSchema }),
    z.strictObject({ id: idSchema.optional(), code: fileSchema, runnable: z.boolean().default(true) }),
  ],
  { error: 'expected a cell: `markdown: <file>` or `code: <file>`, with `id` and, for code, `runnable` if wanted' },
);

const taskSchema = z
  .strictObject({
    id: idSchema,
    title: titleSchema,
    kind: taskKindSchema.default('task'),
    /** Time limit; a clock shows it, and when it is over the page goes on to the next task. */
    minutes: z.number().positive().max(24 * 60).optional(),
    cells: z.array(cellSchema).min(1).max(MAX_CELLS_PER_TASK),
  })
  // The number counts from the task's own first cell: adding a cell to one task renames none in another.
  .transform((task) => ({ ...task, cells: task.cells.map((cell, c) => ({ ...cell, id: cell.id ?? `${task.id}-${c + 1}` })) }));

const notebookSchema = z.strictObject({
  /** Whether tasks that are done can still be changed. */
  earlierTasks: z.enum(['open', 'locked']).default('open'),
  /** Completion and explanations from the kernel. */
  completion: z.boolean().default(true),
  /** Whether who pastes is reminded to name the source, as the original did. */
  askForSource: z.boolean().default(true),
});
export type NotebookChoice = z.infer<typeof notebookSchema>;

const capSchema = z.int().positive().nullable();

const studySchema = z.strictObject({
    id: idSchema,
    title: titleSchema,
    language: z.enum(['en', 'de']),
    /** The instance profile that the study needs. */
    profile: idSchema.default('default'),
    instance: instanceTimeSchema.prefault({}),
    /** A participant's data is erased so many days after their end; `null`: never. */
    keepDays: z.int().min(1).max(36_500).nullable().default(null),
    state: z.enum(['draft', 'open', 'paused', 'closed']).default('draft'),
    /** Placeholders that are the same in all conditions, in the texts too. */
    values: valuesSchema.default({}),
    conditions: z.record(keySchema, z.array(levelSchema).min(1)).default({}),
    texts: z.strictObject({
      ...{ intro: fileSchema, consent: fileSchema, howTo: fileSchema },
      /** In place of our own words for who cannot take part. */
      refusals: z.partialRecord(z.enum(ownWords), fileSchema).default({}),
      /** The consent form as the ethics board approved it: the page links to it. */
      consentPdf: fileSchema.optional(),
    }),
    consentBoxes: z
      .array(z.strictObject({ id: idSchema, text: z.string().trim().min(1).max(2_000) }))
      .min(1)
      .max(50)
      .optional(),
    /** Who may enter, when, and where they go back to. */
    entry: entrySchema.prefault({}),
    /** Asked before the consent form. */
    screening: screeningSchema.optional(),
    balancing: balancingSchema.prefault({}),
    /** Without one, `entry.returnTo.completed` is the end. */
    exitSurvey: exitSurveySchema.optional(),
    notebook: notebookSchema.prefault({}),
    record: recordSchema.prefault({}),
    /** Asked in a dialog when a task is left unsolved. */
    skipSurvey: questionsSchema.optional(),
    /** What participants find beside their notebook: `path` is its name there, `file` that in the study folder. */
    files: starterFilesSchema,
    /** `null` is no cap. */
    caps: z
      .strictObject({
        maxParticipants: capSchema.default(DEFAULT_MAX_PARTICIPANTS),
        perAddressAndDay: capSchema.default(DEFAULT_PER_ADDRESS_AND_DAY),
      })
      .prefault({}),
    tasks: z.array(taskSchema).min(1).max(MAX_TASKS),
  })
  .superRefine(({ exitSurvey, entry }, context) => {
    if (exitSurvey !== undefined || entry.returnTo.completed !== undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['exitSurvey'],
      message: 'expected an exit survey, or `entry.returnTo.completed`: where whoever is done goes',
    });
  });

type StudyShape = z.infer<typeof studySchema>;

export type StudyDefinition = Omit<StudyShape, 'consentBoxes'> & { consentBoxes: ConsentBox[] };
export type TaskTemplate = StudyDefinition['tasks'][number];
export type CellTemplate = TaskTemplate['cells'][number];
export type Caps = StudyDefinition['caps'];

/** The parts that name files and each other; what could not be understood is missing. */
export type StudyParts = { [Part in (typeof partNames)[number]]?: StudyShape[Part] | undefined };

const partNames = ['values', 'conditions', 'texts', 'consentBoxes', 'screening', 'balancing', 'files', 'tasks'] as const;

export interface CheckedDefinition {
  /** Only if there is no problem. */
  definition?: StudyDefinition;
  parts: StudyParts;
  problems: DefinitionProblem[];
}

/** A part that is wrong in itself does not keep the others from being checked: an author wants to see all at once. */
export function checkDefinition(raw: unknown): CheckedDefinition {
  const result = studySchema.safeParse(raw);
  const parts: StudyParts = result.data ?? understoodParts(raw);
  const problems = [
    ...(result.error?.issues ?? []).map(shapeProblem),
    ...crossReferenceProblems(parts),
  ];
  if (!result.success || problems.length > 0) return { parts, problems };
  const consentBoxes = result.data.consentBoxes ?? defaultConsentBoxes[result.data.language];
  return { definition: { ...result.data, consentBoxes }, parts, problems };
}

function shapeProblem(issue: z.core.$ZodIssue): DefinitionProblem {
  // Of a wrong key the library itself says only that it is invalid; why stands one level deeper.
  const reason = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  return { path: issue.path as (string | number)[], message: reason?.message ?? issue.message };
}

function understoodParts(raw: unknown): StudyParts {
  if (typeof raw !== 'object' || raw === null) return {};
  const given = raw as Record<string, unknown>;
  return Object.fromEntries(partNames.map((name) => [name, studySchema.shape[name].safeParse(given[name]).data]));
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
