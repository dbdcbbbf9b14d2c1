/** What the replay is made of, in pages that stay small whatever a participant recorded. */
import type { Queryable } from '../../platform/postgres/database.js';

export interface RecordedEvent {
  readonly seq: number;
  readonly type: string;
  readonly at: Date;
  readonly receivedAt: Date;
  readonly clock: number;
  readonly page: string;
  readonly task: string | null;
  readonly cell: string | null;
  readonly data: unknown;
}

const MOST_EVENTS = 2_000;
/** As Postgres stores them. */
const MOST_BYTES = 500_000;

/** Events behind a number; at least one, however large. What changes nothing that is shown is left out. */
export async function readEvents(database: Queryable, id: string, after: number): Promise<RecordedEvent[]> {
  const { rows } = await database.query<RecordedEvent>(
    `with next as (
       select * from events where participant_id = $1 and seq > $2 and type not in ('scroll', 'resize', 'copy') order by seq limit ${MOST_EVENTS}),
     measured as (
       select next.*, sum(pg_column_size(data)) over (order by seq) as bytes, row_number() over (order by seq) as place from next)
     select seq::float8, type, at, received_at as "receivedAt", clock, page, task, cell, data
     from measured where bytes <= ${MOST_BYTES} or place = 1 order by seq`,
    [id, after],
  );
  return rows;
}
