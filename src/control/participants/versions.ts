/** A task's code as it was run: each version with what changed since the one before. */
import { structuredPatch } from 'diff';
import { stripVTControlCharacters } from 'node:util';
import type { Queryable } from '../../platform/postgres/database.js';
import type { Document, Output } from '../../studies/document.js';

export const VERSIONS = 20;

export interface Version {
  readonly seq: number;
  readonly at: Date;
  readonly cell: string;
  readonly status: string | null;
  /** Null where the texts are too different to be compared in good time. */
  readonly hunks: readonly { readonly lines: readonly string[]; readonly start: number }[] | null;
  readonly source: string;
  /** As text; the replay shows more. */
  readonly output: string;
}

interface Row {
  readonly seq: number;
  readonly at: Date;
  readonly cell: string;
  readonly source: string | null;
  readonly before: string | null;
  readonly status: string | null;
  readonly outputs: unknown;
}

/** The latest runs of a task before an event, newest first. */
export async function readVersions(
  database: Queryable,
  { participant, task, before }: { participant: string; task: string; before: number },
  { tasks }: Document,
): Promise<Version[]> {
  const { rows } = await database.query<Row>(
    `select r.seq::float8, r.at, r.cell, r.data->>'source' as source,
       (select data->>'source' from events where participant_id = $1 and type = 'run' and cell = r.cell and seq < r.seq order by seq desc limit 1) as before,
       o.data->>'status' as status, o.data->'outputs' as outputs
     from (select seq, at, cell, data from events where participant_id = $1 and type = 'run' and task = $2 and cell is not null and seq < $3
           order by seq desc limit ${VERSIONS}) r
     left join lateral (select type, data from events where participant_id = $1 and cell = r.cell and seq > r.seq and type in ('run', 'output')
       order by seq limit 1) o on o.type = 'output'
     order by r.seq desc`,
    [participant, task, before],
  );
  const starters = new Map(tasks.flatMap(({ cells }) => cells.map(({ id, source }) => [id, source] as const)));
  return rows.map(({ seq, at, cell, source, before, status, outputs }) => ({
    ...{ seq, at, cell, status },
    source: source ?? '',
    hunks: hunksOf(before ?? starters.get(cell)?.replace(/\r\n?/g, '\n') ?? '', source ?? ''),
    output: (Array.isArray(outputs) ? outputs : []).map((output) => outputText(output as Output)).join('\n'),
  }));
}

function hunksOf(before: string, after: string): Version['hunks'] {
  // Without line ends at their ends the last lines would count as changed.
  const patch = structuredPatch('', '', `${before}\n`, `${after}\n`, '', '', {
    context: 3,
    timeout: 100,
    maxEditLength: 5_000,
  });
  return patch?.hunks.map(({ lines, newStart: start }) => ({ lines, start })) ?? null;
}

const LONGEST_OUTPUT = 5_000;

function outputText(output: Output): string {
  const data = (output['data'] ?? {}) as Readonly<Record<string, unknown>>;
  const text = [output['text'], output['traceback'], data['text/plain']].find((value) => value !== undefined);
  const lines = Array.isArray(text) ? text.join(output.output_type === 'error' ? '\n' : '') : text;
  const shown = typeof lines === 'string' ? lines : `(${Object.keys(data).join(', ') || output.output_type})`;
  return stripVTControlCharacters(shown.slice(0, LONGEST_OUTPUT));
}
