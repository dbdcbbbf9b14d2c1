/** All that is kept of one participant, as whoever asks for their own data gets it: JSON, a line a row, with the export's columns. */
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Database } from '../../platform/postgres/database.js';
import { audit } from '../access/audit.js';
import { action, type ControlRoute } from '../access/route.js';
import { copyLines, readSnapshot } from '../export/snapshot.js';
import { type ExportedTable, selectOf } from '../export/table.js';
import { tables } from '../export/tables/index.js';
import { foundPerson } from './found.js';

export function downloadRoutes(database: Database): ControlRoute[] {
  return [
    action('/control/studies/:study/participants/:participant/data', 'researcher', async (ctx, visit) => {
      const { id } = await foundPerson(ctx, database, visit);
      const { study, visitor } = visit;
      ctx.attachment(`${study}-${id}.jsonl`);
      ctx.type = PERSON_TYPE;
      ctx.body = await personData(database, { study, id, actor: visitor.name });
    }),
  ];
}

export const PERSON_TYPE = 'application/jsonl';

/** What is written while it is read. */
export async function personData(
  database: Database,
  { study, id, actor }: { readonly study: string; readonly id: string; readonly actor: string },
): Promise<Readable> {
  await audit(database, { subject: 'participant', id, study, to: 'exported', actor });
  const output = new PassThrough();
  // The download breaks off, and what serves it logs why.
  void writePerson(database, study, id, output).catch((error: unknown) => output.destroy(error as Error));
  return output;
}

/** How a participant's rows are known in a table; undefined where it has none. */
function ownRows({ name, columns }: ExportedTable, id: string): string | undefined {
  const literal = pg.escapeLiteral(id);
  if (name === 'participants') return `t.id = ${literal}`;
  if (name === 'invitations') return `t.used_by = ${literal}`;
  if (name === 'audit') return `t.subject = 'participant' and t.subject_id = ${literal}`;
  return 'participant_id' in columns ? `t.participant_id = ${literal}` : undefined;
}

async function* ownLines(client: pg.PoolClient, study: string, id: string): AsyncGenerator<Buffer> {
  for (const table of tables) {
    const own = ownRows(table, id);
    if (own === undefined) continue;
    const rows = selectOf('observatory', { ...table, rows: `(${table.rows}) and ${own}` }, pg.escapeLiteral(study));
    const line = `json_build_object('table', ${pg.escapeLiteral(table.name)}, 'row', row_to_json(r))`;
    yield* client.query(copyTo(copyLines(`select ${line} from (${rows}) r`))) as AsyncIterable<Buffer>;
  }
}

function writePerson(database: Database, study: string, id: string, output: PassThrough): Promise<void> {
  return readSnapshot(database, study, (client) => pipeline(ownLines(client, study, id), output));
}
