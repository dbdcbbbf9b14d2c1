import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { type Entry, openPromise } from 'yauzl';
import { ExportError } from './export-error.js';
import { type Manifest, MANIFEST, manifestSchema } from './manifest.js';

export interface OpenedExport {
  readonly manifest: Manifest;
  readonly read: (path: string) => Promise<Readable>;
  readonly close: () => void;
}

/** Of 100,000 participants it has some 20 MB. */
const MAX_MANIFEST_BYTES = 256_000_000;

/** Opens the zip and reads its manifest. */
export async function openExport(file: string): Promise<OpenedExport> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false }).catch((error: unknown) => {
    throw new ExportError(`${file} cannot be read as a zip: ${(error as Error).message}`);
  });
  try {
    const entries = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
    const read = (path: string): Promise<Readable> => {
      const entry = entries.get(path);
      if (entry === undefined)
        throw new ExportError(`${file} has no ${path}: it is not a whole export of the Observatory.`);
      return zip.openReadStreamPromise(entry);
    };
    if ((entries.get(MANIFEST)?.uncompressedSize ?? 0) > MAX_MANIFEST_BYTES)
      throw new ExportError(`The manifest of ${file} is too large.`);
    const { success, data } = manifestSchema.safeParse(await json(await read(MANIFEST)));
    if (!success) throw new ExportError(`The manifest of ${file} is not one that this version can read.`);
    return { manifest: data, read, close: () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}
