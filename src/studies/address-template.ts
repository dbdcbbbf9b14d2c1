/** An address that a participant is sent to, with parameters that say who comes. */
import { z } from 'zod';
import { recruitmentNames, UNKNOWN_ORIGIN } from './recruitment.js';

/** What an address may tell of the participant who is sent there. */
export interface AddressValues {
  readonly participant: string;
  readonly token: string;
  readonly condition: number | null;
  readonly origin: string | null;
  /** What the participant's own link carried. */
  readonly recruitment: Readonly<Record<string, string>>;
}

const ownNames = ['participant', 'token', 'condition', 'origin'] as const;
const recruited = /^recruitment\.(\w+)$/;

/** Stands for our own origin, which the study does not know. */
const OWN_ORIGIN = 'http://own-origin.invalid';
const PLACEHOLDER = /%([\w.]*)%/g;

export const addressSchema = z
  .string()
  .max(2_000)
  .refine(isAddress, 'expected an https address, or a path on this site such as /demo/exit-survey');

export const parametersSchema = z.record(
  z.string().regex(/^[\w.[\]-]{1,100}$/, 'expected a name of letters, digits and any of _ . [ ] -'),
  z
    .union([z.string().max(1_000), z.number()])
    .transform(String)
    .superRefine((template, context) => {
      for (const [placeholder, name] of template.matchAll(PLACEHOLDER)) {
        const message = unknownName(placeholder, name!);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      }
    }),
);

export interface AddressTemplate {
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The address with its parameters: whole if it is elsewhere, a path if it is on this site. */
export function filledAddress({ url, parameters }: AddressTemplate, values: AddressValues): string {
  const address = new URL(url, OWN_ORIGIN);
  for (const [name, template] of Object.entries(parameters)) {
    address.searchParams.set(
      name,
      template.replace(PLACEHOLDER, (_, key: string) => value(key, values)),
    );
  }
  return address.origin === OWN_ORIGIN ? address.pathname + address.search + address.hash : address.href;
}

function value(name: string, values: AddressValues): string {
  const parameter = recruited.exec(name)?.[1];
  if (parameter !== undefined) return values.recruitment[parameter] ?? '';
  if (name === 'origin') return values.origin ?? UNKNOWN_ORIGIN;
  return String(values[name as 'participant' | 'token' | 'condition'] ?? '');
}

function unknownName(placeholder: string, name: string): string | undefined {
  if ((ownNames as readonly string[]).includes(name)) return undefined;
  const parameter = recruited.exec(name)?.[1];
  if (parameter === undefined) {
    const known = ownNames.map((own) => `%${own}%`).join(', ');
    return `${placeholder} is unknown here; known are ${known} and %recruitment.pid% and the like`;
  }
  if (recruitmentNames.includes(parameter)) return undefined;
  return `${placeholder} is unknown here; of %recruitment.…% known are ${recruitmentNames.join(', ')}`;
}

function isAddress(text: string): boolean {
  const address = URL.canParse(text, OWN_ORIGIN) ? new URL(text, OWN_ORIGIN) : null;
  // `//host`, `/\host` and the like look like paths, and a browser takes them to another site.
  if (text.startsWith('/')) return address?.origin === OWN_ORIGIN && !address.pathname.startsWith('//');
  return /^https:\/\//i.test(text) && address?.username === '' && address.password === '';
}
