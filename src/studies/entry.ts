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
    by: z
      .array(z.enum(waysIn))
      .min(1)
      .default(['link'])
      .describe('The ways in: everybody with the link, invitations, or a service that recruits.'),
    tokenService: z
      .strictObject({
        check: serviceSchema.describe('Is asked whether a token is known and unused.'),
        used: serviceSchema.optional().describe('Is told that a token was used.'),
        whenDown: z
          .enum(['refuse', 'admit'])
          .default('refuse')
          .describe('Whom it cannot be asked about: nobody enters, or everybody.'),
      })
      .optional()
      .describe('Belongs to `by: [token-service]`; the two parts of the token are appended to its addresses.'),
    resume: z
      .enum(['anywhere', 'browser'])
      .default('anywhere')
      .describe('Whether a link that was used goes on from another browser too.'),
    mobiles: z.boolean().default(false).describe('Whether phones and tablets are let in.'),
    opens: momentSchema.optional().describe('Before it nobody enters.'),
    closes: momentSchema.optional().describe('From it on nobody enters.'),
    captcha: z
      .boolean()
      .optional()
      .describe("Whether the deployment's captcha, if it has one, stands on the consent page."),
    keepAddresses: z.boolean().default(false).describe('Whether network addresses are kept.'),
    returnTo: z
      .strictObject({
        completed: returnSchema.optional().describe('Who is done.'),
        screenedOut: returnSchema.optional().describe('Who does not fit.'),
        noConsent: returnSchema.optional().describe('Who does not consent.'),
      })
      .default({})
      .describe('Where participants go back to, such as the pages of a recruiting service.'),
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
