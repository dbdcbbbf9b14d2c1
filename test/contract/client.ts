import { randomBytes } from 'node:crypto';
import type { Allocation, Evaluation, Job } from '../../src/local/nomad/types.js';
import { call, eventually, startBackend, type Backend, type Reply } from './support.js';

/** An event of a task, as far as the suites look. */
export interface TaskEvent {
  Type: string;
  DisplayMessage: string;
  ExitCode: number;
}

export interface ConsulEntry {
  Service: { Address: string; Port: number; Tags: string[] };
  Checks: { ServiceName: string; Status: string; Output: string }[];
}

interface Summary {
  Children: { Dead: number; Pending: number; Running: number };
  Summary: Record<string, { Queued: number; Running: number; Complete: number }>;
}

export interface StreamEvent {
  Topic: string;
  Type: string;
  Key: string;
  FilterKeys: string[] | null;
}

interface Dispatched {
  DispatchedJobID: string;
  EvalID: string;
}

export const newInstance = (): string => randomBytes(6).toString('hex');

interface JobOf {
  ID: string;
  Type: string;
  [field: string]: unknown;
}

/** The calls that the suites make. Ids are new in each run, and everything registered here is purged at the end. */
export class Contract {
  readonly run = randomBytes(4).toString('hex');
  private readonly parents = new Set<string>();

  constructor(
    private backend?: Pick<Backend, 'nomad' | 'consul'> & Partial<Backend>,
    private readonly token?: string,
  ) {}

  async start(): Promise<void> {
    this.backend = await startBackend();
  }

  async finish(): Promise<void> {
    for (const parent of this.parents) {
      for (const child of await this.childrenOf(parent)) await this.purge(child.ID);
      await this.purge(parent);
    }
    await this.backend?.stop?.();
  }

  get address(): string {
    if (!this.backend) throw new Error('not started');
    return this.backend.nomad;
  }

  get consulAddress(): string {
    return this.backend?.consul ?? '';
  }

  id(name: string): string {
    return `contract-${this.run}-${name}`;
  }

  nomad<T>(method: string, route: string, body?: unknown): Promise<Reply<T>> {
    return call<T>(this.address, method, route, body, this.token);
  }

  /** The one entry of a service in Consul. */
  async entry(service: string): Promise<ConsulEntry | undefined> {
    return (await this.entries(service))[0];
  }

  async entries(service: string): Promise<ConsulEntry[]> {
    return (await call<ConsulEntry[]>(this.consulAddress, 'GET', `/v1/health/service/${service}`)).json;
  }

  async list<T>(table: string, filter: string, more = ''): Promise<T[]> {
    return (await this.nomad<T[]>('GET', `/v1/${table}?filter=${encodeURIComponent(filter)}${more}`)).json;
  }

  childrenOf(parent: string): Promise<Job[]> {
    return this.list<Job>('jobs', `ParentID == "${parent}"`);
  }

  job(id: string): Promise<Reply<Job>> {
    return this.nomad<Job>('GET', `/v1/job/${encodeURIComponent(id)}`);
  }

  stop(id: string): Promise<Reply<{ EvalID: string }>> {
    return this.nomad('DELETE', `/v1/job/${encodeURIComponent(id)}`);
  }

  purge(id: string): Promise<Reply<{ EvalID: string }>> {
    return this.nomad('DELETE', `/v1/job/${encodeURIComponent(id)}?purge=true`);
  }

  async allocations(id: string): Promise<Allocation[]> {
    return (await this.nomad<Allocation[]>('GET', `/v1/job/${encodeURIComponent(id)}/allocations`)).json;
  }

  async evaluations(id: string): Promise<Evaluation[]> {
    return (await this.nomad<Evaluation[]>('GET', `/v1/job/${encodeURIComponent(id)}/evaluations`)).json;
  }

  async summary(id: string): Promise<Summary> {
    return (await this.nomad<Summary>('GET', `/v1/job/${encodeURIComponent(id)}/summary`)).json;
  }

  register(definition: JobOf): Promise<Reply<{ JobModifyIndex: number }>> {
    this.parents.add(definition.ID);
    return this.nomad('PUT', '/v1/jobs', { Job: definition });
  }

  dispatch(parent: string, instance: string, meta: object = {}): Promise<Reply<Dispatched>> {
    const route = `/v1/job/${parent}/dispatch?idempotency_token=${instance}`;
    return this.nomad('POST', route, { Meta: { instance_id: instance, ...meta } });
  }

  /** The id of a new child. */
  async dispatched(parent: string, instance = newInstance(), meta: object = {}): Promise<string> {
    const { status, text, json } = await this.dispatch(parent, instance, meta);
    if (status !== 200) throw new Error(text);
    return json.DispatchedJobID;
  }

  withStatus(child: string, ...statuses: Allocation['ClientStatus'][]): Promise<Allocation> {
    return eventually(`${child} ${statuses.join(' or ')}`, async () => {
      const [allocation] = await this.allocations(child);
      return allocation && statuses.includes(allocation.ClientStatus) && allocation;
    });
  }

  async isDead(child: string): Promise<void> {
    await eventually(`${child} dead`, async () => (await this.job(child)).json.Status === 'dead');
  }
}

export function taskEvents(allocation: Allocation): TaskEvent[] {
  return (allocation.TaskStates?.server?.Events ?? []) as unknown as TaskEvent[];
}

export interface TaskSpec {
  command: string;
  args: string[];
  memoryMB?: number;
  service?: boolean;
}

/** A parameterized parent like ours, with a small command instead of Jupyter. */
export function parentJob(id: string, { command, args, memoryMB = 32, service = false }: TaskSpec) {
  const tag =
    'traefik.http.routers.i-${NOMAD_META_instance_id}.rule=PathPrefix(`/proxy/${NOMAD_META_instance_id}/api/`)';
  const check = { Type: 'http', Path: '/?i=${NOMAD_META_instance_id}', Interval: 1e9, Timeout: 1e9 };
  const services = [{ Name: id, PortLabel: 'http', Tags: ['traefik.enable=true', tag], Checks: [check] }];
  const task = {
    Name: 'server',
    Driver: 'raw_exec',
    Config: { command, args },
    Resources: { CPU: 50, MemoryMB: memoryMB },
    LogConfig: { MaxFiles: 1, MaxFileSizeMB: 5 },
    KillTimeout: 2e9,
  };
  const group = {
    Name: 'instance',
    Count: 1,
    EphemeralDisk: { SizeMB: 32 },
    RestartPolicy: { Attempts: 0, Mode: 'fail' },
    ReschedulePolicy: { Attempts: 0, Unlimited: false },
    Networks: [{ DynamicPorts: [{ Label: 'http' }] }],
    Services: service ? services : null,
    Tasks: [task],
  };
  const ParameterizedJob = { Payload: 'forbidden', MetaRequired: ['instance_id'], MetaOptional: ['profile'] };
  return { ID: id, Name: id, Type: 'batch', Priority: 50, Datacenters: ['*'], ParameterizedJob, TaskGroups: [group] };
}

/** Lines of Nomad's event stream, parsed, until the caller has seen enough. */
export async function* eventLines(base: string, route: string, signal: AbortSignal) {
  const response = await fetch(new URL(route, base), { signal });
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') yield JSON.parse(line) as { Index?: number; Events?: StreamEvent[] };
    }
  }
}
