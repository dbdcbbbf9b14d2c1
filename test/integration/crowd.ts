import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServices } from '../../src/local/index.js';
import { join, type JoinResult } from '../../src/participants/join.js';
import { leave, type Leaving } from '../../src/participants/leave.js';
import { arrive, type Newcomer } from '../../src/participants/participant.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { newInstanceId } from '../../src/platform/identity.js';
import { type Database, openDatabase, transaction } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { packageRoot } from '../../src/platform/root.js';
import { type Balancing, balancingSchema } from '../../src/studies/balancing.js';
import { readStudy, type Study } from '../../src/studies/read.js';

export interface Design {
  readonly conditions: number;
  readonly balancing?: Partial<Balancing>;
  readonly caps?: Partial<Study['caps']>;
}

/** A real Postgres without web app or cluster, and studies on it as many as a test wants. */
export class Crowd {
  private studies = 0;

  private constructor(
    readonly database: Database,
    private readonly study: Study,
    readonly stop: () => Promise<void>,
  ) {}

  static async gather(): Promise<Crowd> {
    const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-crowd-'));
    const services = await startServices({ runDir, only: ['postgres'] });
    const database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
    await migrate(database);
    const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    return new Crowd(database, study, async () => {
      await database.end();
      await services.stop();
      await rm(runDir, { recursive: true, force: true });
    });
  }

  /** A study of its own, open, with conditions 1, 2, …, named so. */
  async open({ conditions, balancing, caps }: Design): Promise<string> {
    const id = `study-${++this.studies}`;
    await publishStudy(this.database, {
      ...this.study,
      id,
      profile: id,
      state: 'open',
      balancing: balancingSchema.parse(balancing ?? {}),
      caps: { maxParticipants: null, perAddressAndDay: null, ...caps },
      conditions: Array.from({ length: conditions }, (_, index) => ({
        ...this.study.conditions[0]!,
        number: index + 1,
        name: `${index + 1}`,
        factors: { half: index < conditions / 2 ? 'first' : 'second', number: `${index + 1}` },
      })),
    });
    return id;
  }

  async arrive(study: string, newcomer: Newcomer = {}, address = 'somewhere'): Promise<string> {
    return (await arrive(this.database, study, { key: address, kept: null }, newcomer)).id;
  }

  join(studyId: string, participantId: string, address = 'somewhere'): Promise<JoinResult> {
    const as = { key: address, kept: null };
    return join(this.database, { participantId, studyId, version: 1, address: as, consent: [] });
  }

  leave(participant: string, to: Leaving['to'] = 'abandoned'): Promise<boolean> {
    return transaction(this.database, (client) => leave(client, { participant, to, reason: 'a test', actor: 'test' }));
  }

  async makeReady(profile: string, count: number): Promise<void> {
    await this.database.query(
      `insert into instances (id, profile, state, job_id, ready_at)
       select id, $1, 'ready', 'job-' || id, now() from unnest($2::text[]) id`,
      [profile, Array.from({ length: count }, newInstanceId)],
    );
  }

  async rows<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.database.query<T>(text, values)).rows;
  }

  /** By scope and name, what the counters say. */
  async counted(study: string): Promise<Record<string, number>> {
    const rows = await this.rows<{ what: string; value: number }>(
      `select scope || ' ' || name as what, value::int from counters
       where study_id = $1 and name in ('inFlight', 'completed') and value > 0`,
      [study],
    );
    return Object.fromEntries(rows.map(({ what, value }) => [what, value]));
  }

  /** The same, counted from the participants. */
  async truth(study: string): Promise<Record<string, number>> {
    const rows = await this.rows<{ what: string; value: number }>(
      `select scope || ' ' || case state when 'finished' then 'completed' else 'inFlight' end as what, count(*)::int as value
       from participants, unnest(array['study', 'condition:' || condition,
         case when draw->>'stratum' is not null then 'stratum:' || (draw->>'stratum') || ' condition:' || condition end]) scope
       where study_id = $1 and state in ('waiting', 'working', 'finished') and scope is not null group by 1`,
      [study],
    );
    return Object.fromEntries(rows.map(({ what, value }) => [what, value]));
  }
}
