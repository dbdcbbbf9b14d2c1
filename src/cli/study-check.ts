import { readStudy } from '../studies/read.js';

/** `study check <folder>`. */
export async function checkStudy(folder: string): Promise<void> {
  const { id, revision, tasks, conditions } = await readStudy(folder);
  console.log(
    `Study ${id} can be published: ${tasks.length} tasks, revision ${revision.slice(0, 12)}. Its conditions:`,
  );
  for (const { number, name } of conditions) console.log(`  ${number}  ${name}`);
}
