import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Part } from './parts.js';

export interface JobFile {
  readonly part: Part;
  readonly hcl: string;
  /** The variables that it declares, by name, each with its type as it is written. */
  readonly variables: ReadonlyMap<string, string>;
}

/** A job file of the package as Nomad's server can read it: other files that it names are put into it. */
export async function readJobFile(root: string, part: Part): Promise<JobFile> {
  const text = await readFile(path.join(root, 'jobs', `${part}.nomad.hcl`), 'utf8');
  const declarations = text.matchAll(/^variable "(\w+)" \{\n\s*type\s*=\s*(.+)$/gm);
  return {
    part,
    hcl: await withFiles(root, text),
    variables: new Map([...declarations].map(([, name, type]) => [name!, type!] as const)),
  };
}

/** Nomad's command line reads `file("…")`, from the folder it is called in; its server reads no files. */
async function withFiles(root: string, text: string): Promise<string> {
  const parts = text.split(/\bfile\("([^"]+)"\)/);
  const read = parts.map(async (part, index) =>
    index % 2 === 0 ? part : hclString(await readFile(path.join(root, part), 'utf8')),
  );
  return (await Promise.all(read)).join('');
}

/** A string that HCL takes as it is, without looking for templates in it. */
export function hclString(text: string): string {
  return JSON.stringify(text)
    .replaceAll('${', () => '$${')
    .replaceAll('%{', '%%{');
}
