/** Refusals that a participant may meet: made by code, told in the reader's language. */
import { Refusal } from './refusal.js';
import { otherWords, refusalWords, type RefusalWords } from './refusal-words.js';

export type RefusalCode = keyof typeof refusalWords;

/** A study may have its own words for these. */
export const ownWords = [
  ...(['mobile', 'not-yet', 'paused', 'closed', 'full', 'address-full', 'link-needed', 'used-by-another'] as const),
  ...(['token-expired', 'invitation-expired', 'invitation-revoked', 'screened', 'withdrawn', 'abandoned'] as const),
] satisfies RefusalCode[];

/** Who reads: in which language, and the study's own texts by code, as HTML. */
export interface Audience {
  readonly language: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** Programs that are refused read the English text. */
export function refusal(code: RefusalCode, details: Readonly<Record<string, unknown>> = {}): Refusal {
  const { status, en }: RefusalWords = refusalWords[code];
  return new Refusal(status, code, `${en[0]}. ${en[1]}`, details);
}

/** What the page's template needs. */
export function refusalPage(
  { code, status, details }: Refusal,
  reference: string,
  { language, texts }: Audience,
): object {
  const known = (refusalWords as Partial<Record<string, RefusalWords>>)[code];
  const words = known ?? (status >= 500 ? refusalWords.internal : otherWords);
  const [heading, text] = words[language === 'de' ? 'de' : 'en'];
  return { language, heading, text, html: texts[code], back: details['back'], code, status, reference };
}
