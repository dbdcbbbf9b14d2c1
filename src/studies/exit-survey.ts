/** How a study ends: an address elsewhere and what is told to it, or questions on a page of our own. */
import { z } from 'zod';
import { addressSchema, parametersSchema } from './address-template.js';
import { questionsSchema } from './questions.js';

/** The parameters of the original's LimeSurvey. Its Docker version sent `condition`, `pid` and `origin`: a study may name those instead. */
const defaultParameters = { uid: '%participant%', tok: '%token%', newtest: 'Y' };

const elsewhereSchema = z.strictObject({
  url: addressSchema.describe('An https address, or a path on this site such as `/demo/exit-survey`.'),
  parameters: parametersSchema
    .default(defaultParameters)
    .describe('Appended to the address. They may name %participant%, %token%, %condition%, %origin% and %recruitment.…%.'),
});

const ownSchema = z.strictObject({
  questions: questionsSchema,
  thanks: z.string().trim().min(1).max(10_000).optional().describe('Markdown, shown when the answers are stored.'),
});
export type OwnExitSurvey = z.infer<typeof ownSchema>;
export type ExitSurvey = z.infer<typeof elsewhereSchema> | OwnExitSurvey;

/** Looks first which of the two is meant: a plain union would only say that neither fits. */
const eitherSchema = z.unknown().transform((given, context): ExitSurvey => {
  const has = (field: string): boolean => typeof given === 'object' && given !== null && field in given;
  if (has('questions') && has('url')) {
    context.addIssue({ code: 'custom', message: 'expected either `url` or `questions`, not both' });
    return z.NEVER;
  }
  if (!has('questions') && !has('url')) {
    context.addIssue({ code: 'custom', message: 'expected `url: <address>` or `questions: [<question>, …]`' });
    return z.NEVER;
  }
  const result = (has('questions') ? ownSchema : elsewhereSchema).safeParse(given);
  if (result.success) return result.data;
  context.issues.push(...result.error.issues.map((issue) => ({ ...issue, input: given }) as z.core.$ZodRawIssue));
  return z.NEVER;
});

/** What an editor is told of it. */
const { anyOf } = z.toJSONSchema(z.union([elsewhereSchema, ownSchema]), { io: 'input', unrepresentable: 'any' });
export const exitSurveySchema = eitherSchema.meta({ anyOf });

export function isOwn(survey: ExitSurvey): survey is OwnExitSurvey {
  return 'questions' in survey;
}
