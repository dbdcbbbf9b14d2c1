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
import { jsonSchema } from './json-schema.js';
import type { Level } from './level.js';
import { orderingsSchema } from './orderings/ordering.js';
import { questionsSchema } from './questions.js';
import { recordSchema } from './record-schema.js';
import { screeningSchema } from './screening.js';
import { shapeProblems } from './shape-problem.js';
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
        name: z.string().min(1).max(100).describe("What the factor's placeholder becomes, and what the analysis sees."),
        label: z.string().min(1).max(100).optional().describe("How the condition's name says it; the level's name if missing."),
        values: valuesSchema.optional().describe('More placeholders that go with this level.'),
        order: z
          .array(z.string())
          .min(2)
          .optional()
          .describe('Ids of tasks: they take, in this order, the places that they have among the tasks.'),
      }),
    ],
    { error: 'expected a name, or a level with name, label, values and order' },
  )
  .transform((level): Level => ({ label: level.name, values: {}, order: [], ...withoutUndefined(level) }));

const cellIdSchema = idSchema.optional().describe("The cell's name in the data; made from the task's id if missing.");
const cellSchema = z.union(
  [
    z.strictObject({ id: cellIdSchema, markdown: fileSchema.describe('A file with text. It may have placeholders in its name.') }),
    z.strictObject({
      id: cellIdSchema,
      code: fileSchema.describe('A file with Python. It may have placeholders in its name.'),
      runnable: z.boolean().default(true).describe('Whether participants can run it.'),
      expect: z
        .enum(['success', 'error'])
        .default('success')
        .describe('What comes of running it as it is given: `error` where that is the task. `study check` runs it.'),
    }),
    z.strictObject({
      id: cellIdSchema,
      notebook: fileSchema.describe('A Jupyter notebook (.ipynb), all of its cells. It may have placeholders in its name.'),
      tasknum: z
        .union([z.string(), z.int()])
        .transform(String)
        .optional()
        .describe('Only the cells whose metadata have this `tasknum`.'),
    }),
  ],
  { error: 'expected a cell: `markdown: <file>`, `code: <file>` or `notebook: <file>`, with `id` and, for code, `runnable` if wanted' },
);

const taskSchema = z
  .strictObject({
    id: idSchema,
    title: titleSchema.describe('Stands above the task. It may have placeholders.'),
    short: z
      .string()
      .trim()
      .min(1)
      .max(3)
      .optional()
      .describe('How the names of orders say it, and `%task1.short%`, where 1 is its place: the first task has 0.'),
    description: z.string().max(10_000).optional().describe('For the texts of other tasks, as `%task1.description%`.'),
    kind: taskKindSchema.default('task').describe('An introduction can only be the first, a closing only the last.'),
    minutes: z
      .number()
      .positive()
      .max(24 * 60)
      .optional()
      .describe('Time limit; a clock shows it, and when it is over the page goes on to the next task.'),
    cells: z.array(cellSchema).min(1).max(MAX_CELLS_PER_TASK).describe('What stands in the task, from top to bottom.'),
  })
  // The number counts from the task's own first cell: adding a cell to one task renames none in another.
  .transform((task) => ({ ...task, cells: task.cells.map((cell, c) => ({ ...cell, id: cell.id ?? `${task.id}-${c + 1}` })) }));

const notebookSchema = z.strictObject({
  earlierTasks: z.enum(['open', 'locked']).default('open').describe('Whether tasks that are done can still be changed.'),
  completion: z.boolean().default(true).describe('Completion and explanations from Python.'),
  askForSource: z.boolean().default(true).describe('Whether who pastes is reminded to name the source.'),
});
export type NotebookChoice = z.infer<typeof notebookSchema>;

const capSchema = z.int().positive().nullable();

const studySchema = z.strictObject({
    id: idSchema.describe('Part of the link, `/?study=<id>`, and the name of the study in all data.'),
    title: titleSchema.describe('Shown to participants.'),
    language: z.enum(['en', 'de']).describe('Of the buttons and labels of all pages.'),
    profile: idSchema.default('default').describe('The profile of instances that the study needs.'),
    instance: instanceTimeSchema.prefault({}).describe('How long a participant keeps their instance.'),
    keepDays: z
      .int()
      .min(1)
      .max(36_500)
      .nullable()
      .default(null)
      .describe("A participant's data is erased so many days after their end; `null`: never."),
    state: z
      .enum(['draft', 'open', 'paused', 'closed'])
      .default('draft')
      .describe('Of a new study; publishing again leaves the state as it is.'),
    values: valuesSchema.default({}).describe('Placeholders that are the same in all conditions, in the texts too.'),
    conditions: z
      .record(keySchema, z.array(levelSchema).min(1))
      .default({})
      .describe('Factors and their levels. Each combination is a condition, and each participant gets one.'),
    orderings: orderingsSchema.describe('In which orders the tasks come. Without it, as they are listed.'),
    texts: z
      .strictObject({
        intro: fileSchema.describe('The first page, in Markdown.'),
        consent: fileSchema.describe('The consent form, in Markdown. What is recorded is listed below it.'),
        howTo: fileSchema.describe('What is read while the instance is made ready, in Markdown.'),
        refusals: z
          .partialRecord(z.enum(ownWords), fileSchema)
          .default({})
          .describe('In place of our own words for who cannot take part, in Markdown.'),
        consentPdf: fileSchema
          .optional()
          .describe('The consent form as the ethics board approved it, a PDF: the page links to it.'),
      })
      .describe('Files in the study folder.'),
    consentBoxes: z
      .array(z.strictObject({ id: idSchema, text: z.string().trim().min(1).max(2_000) }))
      .min(1)
      .max(50)
      .optional()
      .describe('What a participant ticks in order to consent; without it, four usual ones.'),
    entry: entrySchema.prefault({}).describe('Who may enter, when, and where they go back to.'),
    screening: screeningSchema.optional().describe('Asked before the consent form: who does not fit is told so.'),
    balancing: balancingSchema.prefault({}).describe('How participants are spread over the conditions.'),
    exitSurvey: exitSurveySchema
      .optional()
      .describe('Where who is done goes, or what they are asked. Without it, `entry.returnTo.completed` is the end.'),
    notebook: notebookSchema.prefault({}).describe('What the notebook offers.'),
    record: recordSchema.prefault({}).describe('What may be left out of the record.'),
    skipSurvey: questionsSchema.optional().describe('Asked in a dialog when a task is left unsolved.'),
    files: starterFilesSchema.describe('What participants find beside their notebook, such as the data that a task reads.'),
    caps: z
      .strictObject({
        maxParticipants: capSchema.default(DEFAULT_MAX_PARTICIPANTS).describe('Of the whole study.'),
        perAddressAndDay: capSchema.default(DEFAULT_PER_ADDRESS_AND_DAY).describe('From one network address.'),
      })
      .prefault({})
      .describe('How many participants there may be; `null` is no cap.'),
    tasks: z.array(taskSchema).min(1).max(MAX_TASKS).describe("The notebook's tasks, in the order in which they stand."),
  })
  .superRefine(({ exitSurvey, entry }, context) => {
    if (exitSurvey !== undefined || entry.returnTo.completed !== undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['exitSurvey'],
      message: 'expected an exit survey, or `entry.returnTo.completed`: where whoever is done goes',
    });
  });

/** For editors, which complete and explain by it. */
export const studyJsonSchema = jsonSchema(studySchema);

type StudyShape = z.infer<typeof studySchema>;

export type StudyDefinition = Omit<StudyShape, 'consentBoxes'> & { consentBoxes: ConsentBox[] };
export type TaskTemplate = StudyDefinition['tasks'][number];
export type CellTemplate = TaskTemplate['cells'][number];
export type Caps = StudyDefinition['caps'];

/** The parts that name files and each other; what could not be understood is missing. */
export type StudyParts = { [Part in (typeof partNames)[number]]?: StudyShape[Part] | undefined };

const partNames = [
  ...(['values', 'conditions', 'orderings', 'texts'] as const),
  ...(['consentBoxes', 'screening', 'balancing', 'files', 'tasks'] as const),
] as const;

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
    ...shapeProblems(result.error?.issues ?? [], { given: raw, schema: studyJsonSchema }),
    ...crossReferenceProblems(parts),
  ];
  if (!result.success || problems.length > 0) return { parts, problems };
  const consentBoxes = result.data.consentBoxes ?? defaultConsentBoxes[result.data.language];
  return { definition: { ...result.data, consentBoxes }, parts, problems };
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
