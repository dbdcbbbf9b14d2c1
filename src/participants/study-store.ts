import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import type { Attachment } from '../studies/attachments.js';
import type { Study } from '../studies/read.js';
import { stateInForce } from './study-state.js';

/** What the participants' pages need of a study; written by `publishStudy`, so its shape is our own. */
export type StudyPage = Pick<Study, (typeof pageFields)[number]>;
const pageFields = [
  'balancing',
  'texts',
  'consentBoxes',
  'entry',
  'screening',
  'exitSurvey',
  'caps',
  'instance',
  'keepDays',
  'notebook',
  'record',
  'skipSurvey',
] as const;

export interface StoredStudy {
  readonly id: string;
  readonly title: string;
  readonly language: string;
  readonly profile: string;
  readonly state: 'draft' | 'open' | 'paused' | 'closed';
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

/** Creates the study, or updates it to these files. Its state is taken from the files only when it is new. */
export async function publishStudy(database: Database, study: Study): Promise<void> {
  const page = Object.fromEntries(pageFields.map((field) => [field, study[field]]));
  await transaction(database, async (client) => {
    await client.query(
      `insert into studies (id, title, language, profile, state, definition, revision) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (id) do update set title = excluded.title, language = excluded.language, profile = excluded.profile,
         definition = excluded.definition, revision = excluded.revision, updated_at = now()`,
      [study.id, study.title, study.language, study.profile, study.state, JSON.stringify(page), study.revision],
    );
    await refuseChangedConditions(client, study);
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
    const scopes = ['study', ...study.conditions.map(({ number }) => `condition:${number}`)];
    await client.query(
      `insert into counters (study_id, scope, name)
       select $1, scope, name from unnest($2::text[]) scope, unnest(array['inFlight', 'completed']) name
       on conflict do nothing`,
      [study.id, scopes],
    );
    await client.query(
      `insert into audit (study_id, subject, subject_id, to_state, actor, reason) values ($1, 'study', $1, 'published', 'study add', $2)`,
      [study.id, `revision ${study.revision}`],
    );
  });
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

const columns = `id, title, language, profile, ${stateInForce} as state, definition as page`;

export async function findStudy(database: Queryable, id: string): Promise<StoredStudy | undefined> {
  const { rows } = await database.query<StoredStudy>(`select ${columns} from studies where id = $1`, [id]);
  return rows[0];
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

export type StudyFile = Attachment & { readonly digest: string };

export async function findStudyFile(database: Queryable, study: string, name: string): Promise<StudyFile | undefined> {
  const { rows } = await database.query<StudyFile>(
    'select name, type, content, digest from study_files where study_id = $1 and name = $2',
    [study, name],
  );
  return rows[0];
}
