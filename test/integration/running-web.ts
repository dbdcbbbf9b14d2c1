import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { type Route, startWeb } from '../../src/cli/web.js';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { packageRoot } from '../../src/platform/root.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { readSettings, type Settings } from '../../src/platform/settings.js';
import { type Study, readStudy } from '../../src/studies/read.js';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly path?: string;
  readonly status?: number;
}

export const SECRET = 'a secret of the web tests, long enough';

export interface RunningWebOptions {
  /** Consul and Traefik as well: participants come by `publicUrl`. */
  readonly traefik?: boolean;
}

/** The web app on a real Postgres and Redis, without a cluster: instances are rows that a test makes ready. */
export class RunningWeb {
  private instances = 0;

  private constructor(
    readonly services: LocalServices,
    readonly settings: Settings,
    readonly database: Database,
    readonly address: string,
    readonly gateAddress: string,
    readonly metricsAddress: string | undefined,
    readonly routes: readonly Route[],
    readonly study: Study,
    readonly lines: LogLine[],
    readonly stop: () => Promise<void>,
  ) {}

  static async start(
    environment: Readonly<Record<string, string>> = {},
    { traefik = false }: RunningWebOptions = {},
  ): Promise<RunningWeb> {
    const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-web-'));
    const services = await startServices({ runDir, ...(!traefik && { only: ['postgres', 'redis'] }) });
    const settings = readSettings({
      ...services.environment,
      OBSERVATORY_SECRET: SECRET,
      ...(!traefik && {
        OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1',
        OBSERVATORY_LISTEN: '127.0.0.1:0',
        OBSERVATORY_GATE_LISTEN: '127.0.0.1:0',
      }),
      OBSERVATORY_TRUSTED_PROXIES: '127.0.0.1',
      ...environment,
    });
    const database = openDatabase(settings.DATABASE_URL, () => undefined);
    await migrate(database);
    const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    await publishStudy(database, study);
    const lines: LogLine[] = [];
    const web = await startWeb(settings, pino({ level: 'info' }, linesInto(lines)));
    return new RunningWeb(
      services,
      settings,
      database,
      web.address,
      web.gateAddress,
      web.metricsAddress,
      web.routes,
      study,
      lines,
      async () => {
        await web.stop();
        await database.end();
        await services.stop();
        await rm(runDir, { recursive: true, force: true });
      },
    );
  }

  get publicUrl(): string {
    return this.settings.OBSERVATORY_PUBLIC_URL;
  }

  /** What the log says went wrong. */
  problems(): string {
    const errors = this.lines.filter(({ level }) => level >= 50);
    return errors.map((line) => JSON.stringify(line)).join('\n');
  }

  /** The study again, with other limits. */
  async withCaps(caps: Partial<Study['caps']>): Promise<void> {
    await publishStudy(this.database, { ...this.study, caps: { ...this.study.caps, ...caps } });
  }

  /** Instances as the manager leaves them when they are ready. */
  async makeReady(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => (++this.instances).toString(16).padStart(12, '0'));
    await this.database.query(
      `insert into instances (id, profile, state, job_id, ready_at)
       select id, 'default', 'ready', 'job-' || id, now() from unnest($1::text[]) id`,
      [ids],
    );
    return ids;
  }
}

export function linesInto(lines: LogLine[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line) as LogLine);
      done();
    },
  });
}
