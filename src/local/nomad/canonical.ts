import { isObject, type JsonObject } from './json.js';
import { NomadError, type Job } from './types.js';

/** Nomad's defaults for a job at registration. Fields that are not listed are not kept, as Go's decoder drops them. */
const jobDefaults: JsonObject = {
  Affinities: null,
  AllAtOnce: false,
  Constraints: null,
  ConsulNamespace: '',
  ConsulToken: '',
  Datacenters: ['*'],
  ID: '',
  Meta: null,
  Multiregion: null,
  Name: '',
  Namespace: 'default',
  NodePool: 'default',
  NomadTokenID: '',
  Payload: null,
  Periodic: null,
  Priority: 50,
  Region: 'global',
  Spreads: null,
  Stable: false,
  StatusDescription: '',
  Type: 'service',
  VaultNamespace: '',
  VaultToken: '',
};

const noUpdate: JsonObject = {
  AutoPromote: false,
  AutoRevert: false,
  Canary: 0,
  HealthCheck: '',
  HealthyDeadline: 0,
  MaxParallel: 0,
  MinHealthyTime: 0,
  ProgressDeadline: 0,
  Stagger: 0,
};

const groupDefaults: JsonObject = {
  Affinities: null,
  Constraints: null,
  Consul: { Namespace: '' },
  Count: 1,
  MaxClientDisconnect: null,
  Meta: null,
  Migrate: null,
  Name: '',
  Scaling: null,
  ShutdownDelay: null,
  Spreads: null,
  StopAfterClientDisconnect: null,
  Update: null,
  Volumes: null,
};

const diskDefaults: JsonObject = { Migrate: false, SizeMB: 300, Sticky: false };

const restartDefaults: JsonObject = {
  Attempts: 3,
  Delay: 15_000_000_000,
  Interval: 86_400_000_000_000,
  Mode: 'fail',
  RenderTemplates: false,
};

const rescheduleDefaults: JsonObject = {
  Attempts: 1,
  Delay: 5_000_000_000,
  DelayFunction: 'constant',
  Interval: 86_400_000_000_000,
  MaxDelay: 0,
  Unlimited: false,
};

const networkDefaults: JsonObject = {
  CIDR: '',
  DNS: null,
  Device: '',
  IP: '',
  MBits: 0,
  Mode: '',
  ReservedPorts: null,
};
const portDefaults: JsonObject = { HostNetwork: 'default', Label: '', To: 0, Value: 0 };

const serviceDefaults: JsonObject = {
  Address: '',
  AddressMode: 'auto',
  CanaryMeta: null,
  CanaryTags: null,
  Connect: null,
  EnableTagOverride: false,
  Meta: null,
  Name: '',
  Namespace: 'default',
  OnUpdate: 'require_healthy',
  PortLabel: '',
  Provider: 'consul',
  TaggedAddresses: null,
  Tags: null,
  TaskName: '',
};

const checkDefaults: JsonObject = {
  AddressMode: '',
  Args: null,
  Body: '',
  CheckRestart: null,
  Command: '',
  Expose: false,
  FailuresBeforeCritical: 0,
  GRPCService: '',
  GRPCUseTLS: false,
  Header: null,
  InitialStatus: '',
  Interval: 0,
  Method: '',
  Name: '',
  OnUpdate: 'require_healthy',
  Path: '',
  PortLabel: '',
  Protocol: '',
  SuccessBeforePassing: 0,
  TLSServerName: '',
  TLSSkipVerify: false,
  TaskName: '',
  Timeout: 0,
  Type: '',
};

const taskDefaults: JsonObject = {
  Affinities: null,
  Artifacts: null,
  CSIPluginConfig: null,
  Config: null,
  Constraints: null,
  DispatchPayload: null,
  Driver: '',
  Env: null,
  Identity: null,
  KillSignal: '',
  KillTimeout: 5_000_000_000,
  Kind: '',
  Leader: false,
  Lifecycle: null,
  Meta: null,
  Name: '',
  ScalingPolicies: null,
  Services: null,
  ShutdownDelay: 0,
  Templates: null,
  User: '',
  Vault: null,
  VolumeMounts: null,
};

const resourceDefaults: JsonObject = {
  CPU: 100,
  Cores: 0,
  Devices: null,
  DiskMB: 0,
  IOPS: 0,
  MemoryMB: 300,
  MemoryMaxMB: 0,
  Networks: null,
};

const logDefaults: JsonObject = { Disabled: false, MaxFileSizeMB: 10, MaxFiles: 10 };

function fill(defaults: JsonObject, given: unknown): JsonObject {
  const values = isObject(given) ? given : {};
  return Object.fromEntries(Object.entries(defaults).map(([field, value]) => [field, values[field] ?? value]));
}

const empty = (value: unknown): boolean => value === '' || value === null || value === undefined;

/** Each element filled; an empty list and no list are the same to Nomad: null. */
function each(list: unknown, one: (item: JsonObject) => JsonObject): JsonObject[] | null {
  return Array.isArray(list) && list.length > 0 ? list.filter(isObject).map(one) : null;
}

function canonicalService(given: JsonObject): JsonObject {
  const service = fill(serviceDefaults, withoutEmpty(given));
  const name = String(service.Name);
  const checks = each(given.Checks, (item) => {
    const check = fill(checkDefaults, withoutEmpty(item));
    return { ...check, Name: check.Name === '' ? `service: "${name}" check` : check.Name };
  });
  return { ...service, Checks: checks };
}

/** Empty strings count as not given where the default is a word. */
function withoutEmpty(given: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => !empty(value)));
}

function canonicalNetwork(given: JsonObject): JsonObject {
  return {
    ...fill(networkDefaults, given),
    DynamicPorts: each(given.DynamicPorts, (port) => fill(portDefaults, withoutEmpty(port))),
  };
}

function canonicalTask(given: JsonObject, restart: JsonObject): JsonObject {
  return {
    ...fill(taskDefaults, given),
    Constraints: constraints(given.Constraints),
    LogConfig: fill(logDefaults, given.LogConfig),
    Resources: fill(resourceDefaults, given.Resources),
    RestartPolicy: isObject(given.RestartPolicy) ? fill(restart, given.RestartPolicy) : { ...restart },
  };
}

const constraints = (given: unknown): JsonObject[] | null =>
  each(given, (item) => fill({ LTarget: '', Operand: '=', RTarget: '' }, withoutEmpty(item)));

/** Nomad adds to a group with services in Consul that its node must have one. */
function withConsul(given: JsonObject[] | null, services: JsonObject[] | null): JsonObject[] | null {
  if (!services?.some(({ Provider }) => Provider === 'consul')) return given;
  const known = (given ?? []).some(({ LTarget }) => LTarget === consulConstraint.LTarget);
  return known ? given : [...(given ?? []), consulConstraint];
}

const consulConstraint = { LTarget: '${attr.consul.version}', Operand: 'semver', RTarget: '>= 1.7.0' };

function canonicalGroup(given: JsonObject): JsonObject {
  const restart = fill(restartDefaults, given.RestartPolicy);
  const services = each(given.Services, canonicalService);
  return {
    ...fill(groupDefaults, given),
    Constraints: withConsul(constraints(given.Constraints), services),
    EphemeralDisk: fill(diskDefaults, given.EphemeralDisk),
    Networks: each(given.Networks, canonicalNetwork),
    ReschedulePolicy: fill(rescheduleDefaults, given.ReschedulePolicy),
    RestartPolicy: restart,
    Services: services,
    Tasks: each(given.Tasks, (task) => canonicalTask(task, restart)),
  };
}

/** What Nomad keeps of a job that is registered: every field there, with its default where nothing was given. */
export function canonicalize(given: JsonObject): Job {
  const groups = each(given.TaskGroups, canonicalGroup);
  if (!groups) throw new NomadError(500, '1 error occurred:\n\t* Missing job task groups\n\n');
  const parameterized = isObject(given.ParameterizedJob)
    ? fill({ Payload: 'optional', MetaRequired: null, MetaOptional: null }, withoutEmpty(given.ParameterizedJob))
    : null;
  const job: JsonObject = {
    ...fill(jobDefaults, withoutEmpty(given)),
    Constraints: constraints(given.Constraints),
    ParameterizedJob: parameterized,
    TaskGroups: groups,
    Update: noUpdate,
    ParentID: '',
    Dispatched: false,
    DispatchIdempotencyToken: '',
    Status: 'running',
    Stop: false,
    Version: 0,
    SubmitTime: 0n,
    CreateIndex: 0,
    ModifyIndex: 0,
    JobModifyIndex: 0,
  };
  if (job.Name === '') job.Name = job.ID;
  return structuredClone(job) as Job;
}
