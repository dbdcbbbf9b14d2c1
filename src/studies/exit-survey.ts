/** Where a participant goes at the end, and what is told to the survey there. */
import { z } from 'zod';

export const exitSurveyKeys = ['participant', 'token', 'condition', 'origin'] as const;
export type ExitSurveyValues = Record<(typeof exitSurveyKeys)[number], string>;

/** Stands for our own origin, which the study does not know. */
const OWN_ORIGIN = 'http://own-origin.invalid';
const PLACEHOLDER = /%(\w*)%/g;

/** The parameters of the original's LimeSurvey. Its Docker version sent `condition`, `pid` and `origin`: a study may name those instead. */
const defaultParameters = { uid: '%participant%', tok: '%token%', newtest: 'Y' };

export const exitSurveySchema = z.strictObject({
  url: z
    .string()
    .max(2_000)
    .refine(isExitAddress, 'expected an https address, or a path on this site such as /demo/exit-survey'),
  parameters: z
    .record(
      z.string().regex(/^[\w.[\]-]{1,100}$/, 'expected a name of letters, digits and any of _ . [ ] -'),
      z
        .union([z.string().max(1_000), z.number()])
        .transform(String)
        .superRefine((template, context) => {
          for (const [placeholder, key] of template.matchAll(PLACEHOLDER)) {
            if ((exitSurveyKeys as readonly string[]).includes(key!)) continue;
            const known = exitSurveyKeys.map((name) => `%${name}%`).join(', ');
            context.addIssue({ code: 'custom', message: `${placeholder} is unknown here; known are ${known}` });
          }
        }),
    )
    .default(defaultParameters),
});

export type ExitSurvey = z.infer<typeof exitSurveySchema>;

/** The address with its parameters: whole if the survey is elsewhere, a path if it is on this site. */
export function exitSurveyAddress(survey: ExitSurvey, values: ExitSurveyValues): string {
  const address = new URL(survey.url, OWN_ORIGIN);
  for (const [name, template] of Object.entries(survey.parameters)) {
    const value = template.replace(PLACEHOLDER, (_, key) => values[key as keyof ExitSurveyValues]);
    address.searchParams.set(name, value);
  }
  return address.origin === OWN_ORIGIN ? address.pathname + address.search + address.hash : address.href;
}

function isExitAddress(text: string): boolean {
  const address = URL.canParse(text, OWN_ORIGIN) ? new URL(text, OWN_ORIGIN) : null;
  // `//host`, `/\host` and the like look like paths, and a browser takes them to another site.
  if (text.startsWith('/')) return address?.origin === OWN_ORIGIN && !address.pathname.startsWith('//');
  return /^https:\/\//i.test(text) && address?.username === '' && address.password === '';
}
