import { z } from 'zod';
import type { Queryable } from './postgres/database.js';

const count = z.number().int().min(0);

const poolReport = z.object({
  profile: z.string(),
  job: z.string(),
  /** Version of the parent job in Nomad, null when Nomad has none. */
  version: z.number().nullable(),
  min: count,
  max: count,
  maxInstances: count,
  /** Warm instances that the pool should have now, those for the people in the line included. */
  target: count,
  waiting: count,
  booting: count,
  ready: count,
  leased: count,
  retiring: count,
  failed: count,
});
export type PoolReport = z.infer<typeof poolReport>;

const passReport = z.object({
  milliseconds: z.number(),
  /** By kind of action: how many changed something, and how many ended with an error. */
  actions: z.record(z.string(), z.object({ done: count, failed: count })),
  pools: z.array(poolReport),
  /** What is wrong, each a sentence for people; empty when all is well. */
  problems: z.array(z.string()),
  drained: z.boolean(),
});
/** What the leading manager saw and did in one pass. */
export type PassReport = z.infer<typeof passReport>;

/** Keeps the report of the latest pass; false when the term is another's by now. */
export async function writePassReport(database: Queryable, term: number, report: PassReport): Promise<boolean> {
  const { rowCount } = await database.query('update leadership set report = $2, reported_at = now() where term = $1', [
    term,
    JSON.stringify(report),
  ]);
  return rowCount === 1;
}

export interface Leadership {
  readonly term: number;
  /** `host/pid/random` of the manager that won the lead last, null when none ever did. */
  readonly holder: string | null;
  readonly reportedAt: Date | null;
  readonly report: PassReport | null;
}

export async function readLeadership(database: Queryable): Promise<Leadership> {
  const { rows } = await database.query<{
    term: number;
    holder: string | null;
    reportedAt: Date | null;
    report: unknown;
  }>('select term::float8 as term, holder, reported_at as "reportedAt", report from leadership');
  const row = rows[0];
  if (row === undefined) throw new Error('the table leadership is empty: the database is not migrated');
  return { ...row, report: passReport.nullable().parse(row.report) };
}
