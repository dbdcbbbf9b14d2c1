/** Reads files of a study, and nothing outside its folder. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { MAX_SOURCE_LENGTH } from './document.js';

/** Participants fetch it while they read. */
const MAX_PDF_BYTES = 2 * 1024 * 1024;

export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}

/** Line ends are made the same everywhere: a checkout on Windows is the same study. */
export async function readStudyFile(folder: string, file: string): Promise<string> {
  const resolved = await resolve(folder, file);
  const { size } = await stat(resolved);
  // UTF-8 needs at most 4 bytes a character: what is longer need not be read.
  if (size > 4 * MAX_SOURCE_LENGTH) throw new UnreadableFile(tooLong(file));
  const text = decode(file, await readFile(resolved));
  if (text.length > MAX_SOURCE_LENGTH) throw new UnreadableFile(tooLong(file));
  return text.replaceAll('\r\n', '\n');
}

/** All files of the folder, but those that are hidden. */
export async function listStudyFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !file.split('/').some((part) => part.startsWith('.') || part === '__pycache__'))
    .sort();
}

export async function readStudyPdf(folder: string, file: string): Promise<Buffer> {
  const resolved = await resolve(folder, file);
  const { size } = await stat(resolved);
  if (size > MAX_PDF_BYTES) throw new UnreadableFile(`"${file}" is too large: at most ${MAX_PDF_BYTES / 1024 / 1024} MB`);
  const content = await readFile(resolved);
  if (content.toString('latin1', 0, 5) !== '%PDF-') {
    throw new UnreadableFile(`"${file}" is not a PDF: it does not begin with %PDF-`);
  }
  return content;
}

/** Links are followed first: one that leads out of the folder is refused like a path that does. */
async function resolve(folder: string, file: string): Promise<string> {
  if (!isPlainRelativePath(file)) throw new UnreadableFile(`"${file}" is not a path inside the study folder`);
  try {
    const root = await realpath(folder);
    const resolved = await realpath(path.join(root, file));
    if (!resolved.startsWith(root + path.sep)) throw new UnreadableFile(`"${file}" leads out of the study folder`);
    if (!(await stat(resolved)).isFile()) throw new UnreadableFile(`"${file}" is not a file`);
    return resolved;
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new UnreadableFile(missing ? `there is no file "${file}"` : `"${file}" cannot be read (${code})`);
  }
}

function isPlainRelativePath(file: string): boolean {
  // Backslashes and drive letters are refused everywhere, so that a study means the same on each system.
  if (/[\\:\0]/.test(file) || path.posix.isAbsolute(file)) return false;
  return file.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function decode(file: string, bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below, as for text with a NUL.
  }
  throw new UnreadableFile(`"${file}" is not a text file in UTF-8`);
}

function tooLong(file: string): string {
  return `"${file}" is too long: at most ${MAX_SOURCE_LENGTH} characters`;
}
