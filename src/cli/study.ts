import type { Command } from 'commander';
import { changeStudyState, type StudyState } from '../participants/study-state.js';
import type { Database } from '../platform/postgres/database.js';
import { publishedSchema } from '../studies/published-schema.js';
import { addStudyCheck } from './study-check.js';
import { StudyCommandError } from './study-command-error.js';
import { addOriginal } from './study-original.js';
import { addStudyNew } from './study-new.js';
import { addPublish } from './study-publish.js';
import { addVersions } from './study-versions.js';
import { withDatabase } from './with-database.js';

const ACTOR = 'observatory study';

/** `study new | check | schema | add | versions | list | open | pause | close`. */
export function addStudy(program: Command): void {
  const study = program.command('study').description('the studies that participants can take');
  addStudyNew(study);
  addStudyCheck(study);
  study
    .command('schema')
    .description('print the JSON Schema of study.yaml, by which editors complete and check')
    .action(() => {
      process.stdout.write(publishedSchema());
    });
  addPublish(study);
  addVersions(study);
  study
    .command('list')
    .description('all studies with their state and participants')
    .action(() => withDatabase(list));
  addOriginal(study);
  const changes = [
    ['open', 'open', 'let participants in'],
    ['pause', 'paused', 'let nobody in for a while; whoever is in goes on'],
    ['close', 'closed', 'let nobody in any more; whoever is in goes on'],
  ] as const;
  for (const [name, to, description] of changes) {
    study
      .command(`${name} <study>`)
      .description(description)
      .action((id: string) => withDatabase((database) => change(database, id, to)));
  }
}

interface Listed {
  readonly id: string;
  readonly state: StudyState;
  readonly live: StudyState | null;
  readonly completed: number;
  readonly flight: number;
  readonly title: string;
  readonly version: number;
}

async function list(database: Database): Promise<void> {
  const counted = (name: string) =>
    `coalesce((select value from counters c where c.study_id = s.id and c.scope = 'study' and c.name = '${name}'), 0)::int`;
  const { rows } = await database.query<Listed>(
    `select id, state, live_state as live, title, version, ${counted('completed')} as completed, ${counted('inFlight')} as flight
     from studies s order by id`,
  );
  if (rows.length === 0) console.log('No study is published: `observatory study add <folder>`.');
  for (const { id, state, live, completed, flight, title, version } of rows) {
    const inForce = live === null || live === state ? state : `${live} by the live settings, itself ${state}`;
    console.log(`${id}  ${inForce}  version ${version}  ${completed} completed, ${flight} in flight  ${title}`);
  }
}

async function change(database: Database, study: string, to: StudyState): Promise<void> {
  const { rows } = await database.query<{ state: StudyState; live: StudyState | null }>(
    'select state, live_state as live from studies where id = $1',
    [study],
  );
  const found = rows[0];
  if (found === undefined) throw new StudyCommandError(`There is no study "${study}": \`observatory study list\`.`);
  const { state: from, live } = found;
  if (from !== to && !(await changeStudyState(database, { study, from, to, actor: ACTOR }))) {
    throw new StudyCommandError(`Somebody else has changed study ${study} just now. Look, and say it again.`);
  }
  console.log(from === to ? `Study ${study} is ${to} already.` : `Study ${study} is ${to}; it was ${from}.`);
  if (live !== null && live !== to) console.log(`Not in force: the live settings in Consul say ${live}.`);
}
