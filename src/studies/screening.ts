/** Questions before the consent form that say whether somebody fits the study. */
import { z } from 'zod';
import type { DefinitionProblem } from './definition-problem.js';
import { type Answers, type Question, questionsSchema } from './questions.js';

const rangeSchema = z
  .strictObject({ min: z.number().optional(), max: z.number().optional() })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'expected `min`, `max` or both')
  .refine(({ min = -Infinity, max = Infinity }) => min <= max, 'expected a `min` that is at most `max`');

/** Options of a choice, of which one is enough; or the range of a number or of a likert's points. */
const acceptedSchema = z.union([z.array(z.string()).min(1, 'expected at least one option'), rangeSchema], {
  error: 'expected a list of options, or `min` and `max`',
});

export const screeningSchema = z.strictObject({
  questions: questionsSchema,
  accept: z
    .record(z.string(), acceptedSchema)
    .refine((accept) => Object.keys(accept).length > 0, 'expected a question that decides')
    .describe('By question: the options of a choice of which one is enough, or `min` and `max`. All must hold.'),
});
export type Screening = z.infer<typeof screeningSchema>;
type Accepted = z.infer<typeof acceptedSchema>;

export function screeningProblems({ questions, accept }: Screening): DefinitionProblem[] {
  return Object.entries(accept).flatMap(([id, accepted]) => {
    const question = questions.find((one) => one.id === id);
    const messages = question ? problemsOf(question, accepted) : [`there is no question "${id}"`];
    return messages.map((message) => ({ path: ['screening', 'accept', id], message }));
  });
}

function problemsOf(question: Question, accepted: Accepted): string[] {
  const { id, kind, required } = question;
  if (kind === 'text' || kind === 'matrix') return [`"${id}" is a ${kind}: only choice, number and likert can decide`];
  const optional = required ? [] : [`"${id}" decides, so it must be required`];
  if (kind === 'choice') {
    if (!Array.isArray(accepted)) return [...optional, `"${id}" is a choice: expected a list of its options`];
    const unknown = accepted.filter((option) => !question.options.includes(option));
    return [...optional, ...unknown.map((option) => `"${id}" has no option "${option}"`)];
  }
  if (Array.isArray(accepted)) return [...optional, `"${id}" is a ${kind}: expected \`min\` and \`max\``];
  const [min, max] = kind === 'likert' ? [1, question.points] : [question.min, question.max];
  const isPossible = (accepted.min ?? -Infinity) <= (max ?? Infinity) && (accepted.max ?? Infinity) >= (min ?? -Infinity);
  return [...optional, ...(isPossible ? [] : [`no answer to "${id}" lies in this range`])];
}

/** Of answers that the questions' own schema took. */
export function fits({ accept }: Screening, answers: Answers): boolean {
  return Object.entries(accept).every(([id, accepted]) => {
    const answer = answers[id];
    if (Array.isArray(accepted)) return [answer].flat().some((option) => accepted.includes(option as string));
    return typeof answer === 'number' && answer >= (accepted.min ?? -Infinity) && answer <= (accepted.max ?? Infinity);
  });
}
