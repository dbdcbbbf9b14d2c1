/** What the address of a list asks for, as Koa reads it. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export const MAX_ASKED = 160;

/** Postgres takes no NUL, and nobody has control characters in a name. */
export const askedText = (text: string): string =>
  text
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, MAX_ASKED);
