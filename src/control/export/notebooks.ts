import { recordedNotebook } from '../../participants/notebook.js';
import type { Queryable } from '../../platform/postgres/database.js';
import { toNotebook } from '../../studies/nbformat.js';
import type { Archive, ArchivedFile } from './archive.js';

const PAGE = 1_000;

/** Each participant's notebook as they left it, as a Jupyter notebook. */
export async function* archivedNotebooks(
  client: Queryable,
  archive: Archive,
  studyId: string,
): AsyncGenerator<ArchivedFile> {
  for await (const participant of participantsOf(client, studyId)) {
    const { document } = (await recordedNotebook(client, participant))!;
    yield archive.addText(`notebooks/${participant}.ipynb`, `${JSON.stringify(toNotebook(document), null, 1)}\n`);
  }
}

async function* participantsOf(client: Queryable, studyId: string): AsyncGenerator<string> {
  for (let last = ''; ;) {
    const { rows } = await client.query<{ id: string }>(
      `select id from participants where study_id = $1 and condition is not null and id > $2 order by id limit ${PAGE}`,
      [studyId, last],
    );
    for (const { id } of rows) yield id;
    if (rows.length < PAGE) return;
    last = rows.at(-1)!.id;
  }
}
