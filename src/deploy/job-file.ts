import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Part } from './parts.js';

export interface JobFile {
  readonly part: Part;
  readonly hcl: string;
  /** The variables that it declares, by name, each with its type as it is written. */
  readonly variables: ReadonlyMap<string, string>;
}

/**
 * A job file as Nomad's server can read it: other files that it names are put into it. Each file comes from the first of the
 * folders that has it.
 */
export async function readJobFile(roots: readonly string[], part: Part): Promise<JobFile> {
  const text = await readFirst(roots, `jobs/${part}.nomad.hcl`);
  const declarations = text.matchAll(/^variable "(\w+)" \{\n\s*type\s*=\s*(.+)$/gm);
  return {
    part,
    hcl: await withFiles(roots, text),
    variables: new Map([...declarations].map(([, name, type]) => [name!, type!] as const)),
  };
}

/** Nomad's command line reads `file("…")`, from the folder it is called in; its server reads no files. */
async function withFiles(roots: readonly string[], text: string): Promise<string> {
  const parts = text.split(/\bfile\("([^"]+)"\)/);
  const read = parts.map(async (part, index) => (index % 2 === 0 ? part : hclString(await readFirst(roots, part))));
  return (await Promise.all(read)).join('');
}

async function readFirst(roots: readonly string[], name: string): Promise<string> {
  const files = roots.map((root) => path.join(root, name));
  return readFile(files.find((file) => existsSync(file)) ?? files.at(-1)!, 'utf8');
}

/** A string that HCL takes as it is, without looking for templates in it. */
export function hclString(text: string): string {
  return JSON.stringify(text)
    .replaceAll('${', () => '$${')
    .replaceAll('%{', '%%{');
}
