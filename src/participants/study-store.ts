/** Studies as they are stored. Each version stays as it was published; the study points to the one for newcomers. */
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import type { Attachment } from '../studies/attachments.js';
import type { Study } from '../studies/read.js';
import { pageOf, revisionOf, type StudyPage } from '../studies/revision.js';
import { lockCounters } from './counters.js';
import { stateInForce } from './study-state.js';
import { addVersion, versionOf } from './study-version.js';

/** A study in one of its versions. */
export interface StoredStudy {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly language: string;
  readonly profile: string;
  readonly state: 'draft' | 'open' | 'paused' | 'closed';
  /** Written by `publishStudy`, so its shape is our own. */
  readonly page: StudyPage;
}

/** A study with participants keeps the meaning of its condition numbers. */
export class ConditionsChangedError extends Error {
  constructor(study: string, number: number, before: string, after: string) {
    super(
      `Study ${study} has participants, but its condition ${number} was "${before}" and would become "${after}". ` +
        'Publish the changed design under a new study id.',
    );
  }
}

export interface Publishing {
  readonly by: string;
  /** What a new study's balancing draws from; random without it. */
  readonly seed?: string;
}

export interface Published {
  readonly version: number;
  readonly revision: string;
  /** Whether the very same was published before. */
  readonly known: boolean;
}

/**
 * What these files make becomes what newcomers get: a new version, or one that is there already. Whoever has begun stays on
 * theirs. The study's state is taken from the files only when it is new.
 */
export function publishStudy(
  database: Database,
  study: Study,
  { by, seed }: Publishing = { by: 'observatory study' },
): Promise<Published> {
  const revision = revisionOf(study);
  return transaction(database, async (client) => {
    await writeStudy(client, study, revision, seed);
    await addCounters(client, study);
    // Whoever joins meanwhile has joined before, or gets to know that there is another version.
    await lockCounters(client, study.id, []);
    await refuseChangedConditions(client, study);
    const known = await versionOf(client, study.id, revision);
    const version = known ?? (await addVersion(client, study, by));
    await client.query('update studies set version = $2 where id = $1', [study.id, version]);
    await writeConditions(client, study);
    await client.query(
      `insert into audit (study_id, subject, subject_id, to_state, actor, reason) values ($1, 'study', $1, 'published', $2, $3)`,
      [study.id, by, `version ${version}, revision ${revision}`],
    );
    return { version, revision, known: known !== undefined };
  });
}

/** The row that two who publish at once wait for. */
async function writeStudy(client: Queryable, study: Study, revision: string, seed: string | undefined): Promise<void> {
  await client.query(
    `insert into studies (id, title, language, profile, state, definition, revision, seed)
     values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, gen_random_uuid()::text))
     on conflict (id) do update set title = excluded.title, language = excluded.language, profile = excluded.profile,
       definition = excluded.definition, revision = excluded.revision, updated_at = now()`,
    [
      ...[study.id, study.title, study.language, study.profile, study.state],
      ...[JSON.stringify(pageOf(study)), revision, seed],
    ],
  );
}

async function refuseChangedConditions(client: Queryable, study: Study): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string }>(
    `select number, name from conditions where study_id = $1
       and exists (select from participants p where p.study_id = $1 and p.condition is not null)`,
    [study.id],
  );
  for (const { number, name } of rows) {
    const after = study.conditions.find((condition) => condition.number === number)?.name ?? 'removed';
    if (after !== name) throw new ConditionsChangedError(study.id, number, name, after);
  }
}

/** What is read of the current version by those who know of no versions. */
async function writeConditions(client: Queryable, study: Study): Promise<void> {
  await client.query('update conditions set active = false where study_id = $1', [study.id]);
  for (const { number, name, factors, document, starterFiles } of study.conditions) {
    await client.query(
      `insert into conditions (study_id, number, name, factors, document, starter_files) values ($1, $2, $3, $4, $5, $6)
       on conflict (study_id, number) do update
         set name = excluded.name, factors = excluded.factors, document = excluded.document,
           starter_files = excluded.starter_files, active = true`,
      [study.id, number, name, factors, JSON.stringify(document), JSON.stringify(starterFiles)],
    );
  }
  await client.query('delete from study_files where study_id = $1', [study.id]);
  for (const { name, type, content } of study.attachments) {
    await client.query('insert into study_files (study_id, name, type, content) values ($1, $2, $3, $4)', [
      ...[study.id, name, type, content],
    ]);
  }
}

async function addCounters(client: Queryable, study: Study): Promise<void> {
  const scopes = ['study', ...study.conditions.map(({ number }) => `condition:${number}`)];
  await client.query(
    `insert into counters (study_id, scope, name)
     select $1, scope, name from unnest($2::text[]) scope, unnest(array['inFlight', 'completed']) name
     on conflict do nothing`,
    [study.id, scopes],
  );
}

const columns = `id, version, title, language, profile, ${stateInForce} as state, definition as page`;

/** As newcomers get it. */
export async function findStudy(database: Queryable, id: string): Promise<StoredStudy | undefined> {
  const { rows } = await database.query<StoredStudy>(`select ${columns} from studies where id = $1`, [id]);
  return rows[0];
}

/** Whose study it is; `version` is null for who has not begun. */
export interface TakesPart {
  readonly studyId: string;
  readonly version: number | null;
}

/** The version that somebody began with; the current one for who has not begun. */
export async function studyOf(database: Queryable, { studyId, version }: TakesPart): Promise<StoredStudy> {
  const { rows } = await database.query<StoredStudy>(
    `select s.id, v.number as version, v.title, v.language, v.profile, ${stateInForce} as state, v.definition as page
     from studies s join study_versions v on v.study_id = s.id and v.number = coalesce($2, s.version) where s.id = $1`,
    [studyId, version],
  );
  return rows[0]!;
}

/** The study that a link without a name means: the open one if there is exactly one, else the paused one that would be. */
export async function impliedStudy(database: Queryable): Promise<StoredStudy | undefined> {
  const { rows } = await database.query<StoredStudy>(
    `select ${columns} from studies where ${stateInForce} in ('open', 'paused')
     order by (${stateInForce} = 'open') desc limit 2`,
  );
  const [first, second] = rows;
  return second === undefined || first?.state !== second.state ? first : undefined;
}

export type StudyFile = Pick<Attachment, 'name' | 'type' | 'content'> & { readonly digest: string };

export async function findStudyFile(
  database: Queryable,
  { id, version }: Pick<StoredStudy, 'id' | 'version'>,
  name: string,
): Promise<StudyFile | undefined> {
  const { rows } = await database.query<StudyFile>(
    'select name, type, content, digest from version_files where study_id = $1 and version = $2 and name = $3',
    [id, version, name],
  );
  return rows[0];
}
