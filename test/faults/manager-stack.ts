import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gateRoutes } from '../../src/gate/routes.js';
import { Cache } from '../../src/local/cache.js';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { jupyterEnvironment, standInEnvironment } from '../../src/local/jupyter.js';
import { hclVariables } from '../../src/local/stack.js';
import { type StandIn, startStandIn } from '../../src/local/nomad/standin.js';
import { packageRoot } from '../../src/platform/root.js';
import { createLogger } from '../../src/platform/log.js';
import { Nomad } from '../../src/platform/nomad/client.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { readSettings } from '../../src/platform/settings.js';
import { createApp } from '../../src/platform/web/app.js';
import { poll } from '../poll.js';

export const POOL = 2;
const PARENT = 'observatory-instance';

export interface Row {
  readonly id: string;
  readonly state: string;
  readonly jobId: string | null;
}

/** All parts around a manager, real, with the gate that its probe passes; managers run as processes of their own. */
export class ManagerStack {
  private constructor(
    readonly runDir: string,
    private readonly services: LocalServices,
    private readonly standIn: StandIn,
    private readonly web: Server,
    readonly database: Database,
    readonly nomad: Nomad,
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(): Promise<ManagerStack> {
    const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-manager-'));
    const cache = new Cache(undefined, () => undefined);
    const [jupyter, parser, services] = await Promise.all([
      jupyterEnvironment(cache),
      standInEnvironment(cache),
      startServices({ runDir }),
    ]);
    const { CONSUL_HTTP_ADDR: consulAddr = '', DATABASE_URL: databaseUrl = '' } = services.environment;
    const standIn = await startStandIn({
      port: 0,
      consulAddr,
      dataDir: path.join(runDir, 'nomad'),
      python: parser.python,
    });
    const vars = path.join(runDir, 'instance.vars.hcl');
    const instanceDir = path.join(packageRoot, 'instance');
    const variables = { driver: 'raw_exec', python: jupyter.python, instance_dir: instanceDir };
    await writeFile(vars, hclVariables(variables));
    const environment = {
      ...services.environment,
      NOMAD_ADDR: standIn.address,
      OBSERVATORY_SECRET: 'manager-faults-secret-0123456789-abc',
      OBSERVATORY_POOL_MIN: String(POOL),
      OBSERVATORY_MAX_INSTANCES: '4',
      OBSERVATORY_PASS_SECONDS: '0.5',
      OBSERVATORY_INSTANCE_VARS: vars,
      OBSERVATORY_LOG_LEVEL: 'debug',
    };
    const settings = readSettings(environment);
    const database = openDatabase(databaseUrl, () => undefined);
    await migrate(database);
    const app = createApp(settings, createLogger('gate', 'error'));
    const gate = gateRoutes({
      database,
      secret: settings.OBSERVATORY_SECRET,
      proxies: settings.OBSERVATORY_TRUSTED_PROXIES,
    });
    const port = Number(services.gateListen.split(':')[1]);
    const web = app.use(gate.routes()).listen(port, '127.0.0.1');
    await once(web, 'listening');
    return new ManagerStack(runDir, services, standIn, web, database, new Nomad(settings), environment);
  }

  manager(dieAfter: string): ChildProcess {
    const program = path.join(import.meta.dirname, 'manager-child.ts');
    const env = { PATH: process.env.PATH, ...this.environment, DIE_AFTER: dieAfter };
    const child = spawn(process.execPath, ['--import', 'tsx', program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.pipe(createWriteStream(path.join(this.runDir, 'manager.log'), { flags: 'a' }));
    return child;
  }

  /** Instances on record that may have a process. */
  async rows(): Promise<Row[]> {
    const { rows } = await this.database.query<Row>(
      `select id, state, job_id as "jobId" from instances
       where state <> 'stopped' and (state <> 'failed' or stopped_at is null) order by id`,
    );
    return rows;
  }

  /** How often a manager has won the lead. */
  async term(): Promise<number> {
    const { rows } = await this.database.query<{ term: string }>('select term from leadership');
    return Number(rows[0]?.term);
  }

  /** Job ids and instance ids of the children that are not dead. */
  async runningChildren(): Promise<{ jobId: string; id: string | undefined }[]> {
    const jobs = await this.nomad.liveJobs([PARENT]);
    return jobs
      .filter(({ ParentID }) => ParentID === PARENT)
      .map(({ ID, Meta }) => ({ jobId: ID, id: Meta?.instance_id }));
  }

  async stop(): Promise<void> {
    this.web.close();
    this.web.closeAllConnections();
    this.nomad.close();
    await this.standIn.stop();
    await this.database.end();
    await this.services.stop();
    await rm(this.runDir, { recursive: true, force: true });
  }
}

export const eventually = (what: string, look: () => Promise<boolean>, seconds = 60): Promise<boolean> =>
  poll(what, look, seconds);

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
