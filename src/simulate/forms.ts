/** The forms of our pages, as a browser would send them. Our templates write all attributes in double quotes. */

type Attributes = Readonly<Record<string, string>>;

export interface Form {
  /** Where it is sent to. */
  readonly action: string;
  readonly fields: readonly Field[];
}

interface Field extends Attributes {
  readonly tag: string;
}

/** The forms of the page that are posted. */
export function formsOf(page: string): Form[] {
  return [...page.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].flatMap(([, head = '', inside = '']) => {
    const { method, action = '' } = attributes(head);
    if (method?.toLowerCase() !== 'post') return [];
    const tags = [...inside.matchAll(/<(input|textarea|select)\b([^>]*)>/g)];
    return [{ action, fields: tags.map(([, tag = '', words = '']): Field => ({ ...attributes(words), tag })) }];
  });
}

/** The first link of the page that has this `data-test`. */
export function linkOf(page: string, name: string): string | undefined {
  const links = [...page.matchAll(/<a\b([^>]*)>/g)].map(([, words = '']) => attributes(words));
  return links.find((link) => link['data-test'] === name)?.['href'];
}

export interface Answering {
  /** From 0 to 1. */
  readonly random: () => number;
  /** Where a number is asked for: no page says which are good. */
  readonly number: string;
}

/** Every box ticked, one of each choice, something in each field. */
export function filledIn({ fields }: Form, { random, number }: Answering): URLSearchParams {
  const filled = new URLSearchParams();
  const named = fields.filter(({ name }) => name !== undefined);
  for (const name of new Set(named.map((field) => field['name']!))) {
    const same = named.filter((field) => field['name'] === name);
    const [first] = same;
    if (first!['type'] === 'radio') {
      filled.append(name, same[Math.floor(random() * same.length)]!['value'] ?? 'on');
    } else if (first!['type'] === 'checkbox') {
      for (const { value = 'on' } of same) filled.append(name, value);
    } else if (first!['type'] === 'hidden') {
      filled.append(name, first!['value'] ?? '');
    } else {
      filled.append(name, first!['inputmode'] === 'decimal' ? number : 'Answered by a bot of the pilot.');
    }
  }
  return filled;
}

function attributes(words: string): Attributes {
  const found = [...words.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name.toLowerCase(), decoded(value)]));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function decoded(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name]!);
}
