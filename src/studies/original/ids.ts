import { ID_PATTERN } from '../document.js';

const MAX_LENGTH = 50;

/** An id for each name, like it and none twice; `fallback` where nothing of the name can stand in one. */
export function idsFor(names: readonly string[], fallback: string): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const base = plain(name) || fallback;
    let id = base;
    for (let n = 2; taken.has(id) || !ID_PATTERN.test(id); n += 1) id = `${base}-${n}`;
    taken.add(id);
    return id;
  });
}

const plain = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^-+|-+$/g, '');
