/** Where a participant goes at the end, and what is told to the survey there. */
import { z } from 'zod';
import { addressSchema, parametersSchema } from './address-template.js';

/** The parameters of the original's LimeSurvey. Its Docker version sent `condition`, `pid` and `origin`: a study may name those instead. */
const defaultParameters = { uid: '%participant%', tok: '%token%', newtest: 'Y' };

export const exitSurveySchema = z.strictObject({
  url: addressSchema,
  parameters: parametersSchema.default(defaultParameters),
});

export type ExitSurvey = z.infer<typeof exitSurveySchema>;
