/** What is published is stored once and never changed: the database itself refuses it. */
import type { Queryable } from '../platform/postgres/database.js';
import { packageVersion } from '../platform/root.js';
import type { Study } from '../studies/read.js';

export async function versionOf(client: Queryable, study: string, revision: string): Promise<number | undefined> {
  const { rows } = await client.query<{ number: number }>(
    'select number from study_versions where study_id = $1 and revision = $2',
    [study, revision],
  );
  return rows[0]?.number;
}

/** Of what the study's row says now. */
export async function addVersion(client: Queryable, study: Study, by: string): Promise<number> {
  const { rows } = await client.query<{ number: number }>(
    `insert into study_versions (study_id, number, revision, title, language, profile, definition, published_by, software)
     select id, 1 + coalesce((select max(number) from study_versions where study_id = id), 0), revision, title, language, profile,
       definition, $2, $3 from studies where id = $1 returning number`,
    [study.id, by, packageVersion],
  );
  const version = rows[0]!.number;
  for (const { number, name, factors, document, starterFiles } of study.conditions) {
    await client.query(
      `insert into condition_versions (study_id, version, number, name, factors, document, starter_files)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [study.id, version, number, name, factors, JSON.stringify(document), JSON.stringify(starterFiles)],
    );
  }
  const texts = Object.entries(study.files).map(([path, text]) => ({ path, content: Buffer.from(text) }));
  const attached = study.attachments.map(({ file, ...attachment }) => ({ path: file, ...attachment }));
  for (const file of [...texts, ...attached]) {
    const { path, content, name = null, type = null } = { name: undefined, type: undefined, ...file };
    await client.query(
      'insert into version_files (study_id, version, path, content, name, type) values ($1, $2, $3, $4, $5, $6)',
      [study.id, version, path, content, name, type],
    );
  }
  return version;
}

export interface ListedVersion {
  readonly number: number;
  readonly revision: string;
  readonly publishedAt: Date;
  readonly publishedBy: string;
  /** Who began with it. */
  readonly participants: number;
  /** Whether newcomers get it. */
  readonly isCurrent: boolean;
}

export async function listVersions(database: Queryable, study: string): Promise<ListedVersion[]> {
  const { rows } = await database.query<ListedVersion>(
    `select v.number, v.revision, v.published_at as "publishedAt", v.published_by as "publishedBy",
       (select count(*)::int from participants p where p.study_id = v.study_id and p.version = v.number) as participants,
       v.number = s.version as "isCurrent"
     from study_versions v join studies s on s.id = v.study_id where v.study_id = $1 order by v.number`,
    [study],
  );
  return rows;
}
