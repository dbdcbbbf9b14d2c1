import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../platform/root.js';
import { readStudy, STUDY_FILE, type Study } from '../studies/read.js';

/**
 * A study of a folder, or one of the examples by its name; open whatever it says, and for any number of people from one address:
 * all who try it come from here.
 */
export async function studyToTry(folderOrName: string): Promise<Study> {
  const isFolder = existsSync(path.join(folderOrName, STUDY_FILE));
  const study = await readStudy(isFolder ? folderOrName : exampleOr(folderOrName));
  const entry = { ...study.entry, opens: undefined, closes: undefined };
  return { ...study, entry, state: 'open', caps: { ...study.caps, perAddressAndDay: null } };
}

/** Where there is no such example either, the folder that was named is what is missing. */
function exampleOr(name: string): string {
  const example = path.join(packageRoot, 'studies', name);
  return existsSync(example) ? example : name;
}
