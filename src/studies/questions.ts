/** Plain questions of a study: after a skipped task, or as its exit survey. */
import { z } from 'zod';
import { idSchema } from './document.js';

const text = z.string().trim().min(1).max(2_000);
/** Answers name rows and options by their words. */
const distinct = (texts: readonly string[], context: z.RefinementCtx): void => {
  texts.forEach((word, index) => {
    if (texts.indexOf(word) < index) {
      context.addIssue({ code: 'custom', path: [index], message: `"${word}" is there twice` });
    }
  });
};
const options = z.array(text).min(2).max(50).superRefine(distinct);
const rows = z.array(text).min(1).max(50).superRefine(distinct);
const common = {
  id: idSchema.describe("The answer's name in the data."),
  question: text,
  required: z.boolean().default(true),
};

export const questionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('text'), lines: z.int().min(1).max(30).default(1).describe('The height of the field.') }),
  z.strictObject({ ...common, kind: z.literal('number'), min: z.number().optional(), max: z.number().optional() }),
  z.strictObject({ ...common, kind: z.literal('choice'), options, several: z.boolean().default(false) }),
  z.strictObject({
    ...common,
    kind: z.literal('likert'),
    points: z.int().min(2).max(11).default(5),
    low: text,
    high: text,
  }),
  z.strictObject({ ...common, kind: z.literal('matrix'), rows, options }),
]);
export type Question = z.infer<typeof questionSchema>;

export const questionsSchema = z
  .array(questionSchema)
  .min(1)
  .max(100)
  .superRefine((questions, context) => {
    const seen = new Set<string>();
    questions.forEach(({ id }, index) => {
      if (seen.has(id)) {
        context.addIssue({ code: 'custom', path: [index, 'id'], message: `the question id "${id}" is used twice` });
      }
      seen.add(id);
    });
  });

export const MAX_ANSWER = 10_000;

/** An answer as it is stored: text, number, the chosen option(s), the point, or by row the chosen option. */
export type Answer = string | number | string[] | Record<string, string>;
export type Answers = Readonly<Record<string, Answer>>;

/** What answers to these questions must be; a question that is not required may be missing. */
export function answersSchema(questions: readonly Question[]): z.ZodType<Answers> {
  return z.strictObject(
    Object.fromEntries(
      questions.map((question) => {
        const schema = answerSchema(question);
        return [question.id, question.required ? schema : schema.optional()];
      }),
    ),
  ) as unknown as z.ZodType<Answers>;
}

function answerSchema(question: Question): z.ZodType<Answer> {
  switch (question.kind) {
    case 'text':
      return question.required ? z.string().trim().min(1).max(MAX_ANSWER) : z.string().trim().max(MAX_ANSWER);
    case 'number':
      return z
        .number()
        .min(question.min ?? -Number.MAX_VALUE)
        .max(question.max ?? Number.MAX_VALUE);
    case 'choice':
      return question.several ? z.array(z.enum(question.options)).max(50) : z.enum(question.options);
    case 'likert':
      return z.int().min(1).max(question.points);
    case 'matrix':
      return z.strictObject(Object.fromEntries(question.rows.map((row) => [row, z.enum(question.options)])));
  }
}
