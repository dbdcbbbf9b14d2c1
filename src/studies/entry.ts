/** Who may enter a study, when, and where they go back to. */
import { z } from 'zod';
import { addressSchema, parametersSchema } from './address-template.js';
import { waysIn } from './recruitment.js';

const returnSchema = z.union([
  addressSchema.transform((url) => ({ url, parameters: {} })),
  z.strictObject({ url: addressSchema, parameters: parametersSchema.default({}) }),
]);

/** The two parts of the token are appended, as in the original: `<address><token>/<token2>`. */
const serviceSchema = z.url({ protocol: /^https?$/ }).endsWith('/', 'expected an address that ends with /');

const momentSchema = z.iso.datetime({
  offset: true,
  error: 'expected a moment with its time zone, such as 2026-12-01T09:00:00+01:00',
});

export const entrySchema = z
  .strictObject({
    by: z.array(z.enum(waysIn)).min(1).default(['link']),
    tokenService: z
      .strictObject({
        check: serviceSchema,
        used: serviceSchema.optional(),
        /** Whom it cannot be asked about: nobody enters, or everybody. */
        whenDown: z.enum(['refuse', 'admit']).default('refuse'),
      })
      .optional(),
    /** Whether a link that was used goes on from another browser too. */
    resume: z.enum(['anywhere', 'browser']).default('anywhere'),
    mobiles: z.boolean().default(false),
    opens: momentSchema.optional(),
    closes: momentSchema.optional(),
    /** Whether the deployment's captcha, if it has one, stands on the consent page. */
    captcha: z.boolean().optional(),
    keepAddresses: z.boolean().default(false),
    returnTo: z
      .strictObject({
        completed: returnSchema.optional(),
        screenedOut: returnSchema.optional(),
        noConsent: returnSchema.optional(),
      })
      .default({}),
  })
  .superRefine(({ by, tokenService, opens, closes }, context) => {
    if (by.includes('token-service') !== (tokenService !== undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['tokenService'],
        message: '`by: [token-service]` and the addresses in `tokenService` need each other',
      });
    }
    if (opens !== undefined && closes !== undefined && Date.parse(opens) >= Date.parse(closes)) {
      context.addIssue({ code: 'custom', path: ['closes'], message: 'expected a moment after `opens`' });
    }
  });

export type Entry = z.infer<typeof entrySchema>;
export type ReturnCase = keyof Entry['returnTo'];

/** Where a moment lies between the times at which the study opens and closes. */
export function entryTime({ opens, closes }: Pick<Entry, 'opens' | 'closes'>, now: Date): 'early' | 'open' | 'late' {
  if (opens !== undefined && now.getTime() < Date.parse(opens)) return 'early';
  return closes !== undefined && now.getTime() >= Date.parse(closes) ? 'late' : 'open';
}
