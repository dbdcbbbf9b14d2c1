import { orderingNotes } from '../studies/orderings/notes.js';
import { readStudy } from '../studies/read.js';

/** `study check <folder>`. */
export async function checkStudy(folder: string): Promise<void> {
  const study = await readStudy(folder);
  const { id, revision, tasks, conditions } = study;
  console.log(
    `Study ${id} can be published: ${tasks.length} tasks, revision ${revision.slice(0, 12)}. Its conditions:`,
  );
  for (const { number, name } of conditions) console.log(`  ${number}  ${name}`);
  for (const note of orderingNotes(study)) console.log(`Note: ${note}`);
}
