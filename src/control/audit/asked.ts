import { askedText, type Query } from '../asked-text.js';
import { subjects, type Wanted } from './list.js';

/** What the address of the audit asks for. What it has that is none of it is as if it were not there. */
export function wantedOf(query: Query): Wanted {
  const text = (name: string): string | null => {
    const given = query[name];
    const clean = typeof given === 'string' ? askedText(given) : '';
    return clean === '' ? null : clean;
  };
  const after = text('after') ?? '';
  return {
    study: text('study'),
    subject: subjects.find((known) => known === text('subject')) ?? null,
    ...{ id: text('id'), actor: text('actor') },
    after: /^[1-9]\d{0,17}$/.test(after) ? after : null,
  };
}

/** The address of the page that begins behind a line. */
export function addressOf(wanted: Wanted, after: string | null): string {
  const query = new URLSearchParams();
  for (const name of ['study', 'subject', 'id', 'actor'] as const) {
    const asked = wanted[name];
    if (asked !== null) query.set(name, asked);
  }
  if (after !== null) query.set('after', after);
  return `/control/audit${query.size === 0 ? '' : `?${query.toString()}`}`;
}
