import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as blank from './blanks.js';
import { isObject, type JsonObject } from './json.js';
import { NomadError } from './types.js';

interface Body {
  attributes: JsonObject;
  blocks: Block[];
}

interface Block {
  type: string;
  labels: string[];
  body: Body;
}

/** How a block of a job file becomes an object of the API. Only what our job files use is listed; all else is refused. */
interface BlockSpec {
  blank: () => JsonObject;
  /** The field that takes the block's label. */
  label?: string;
  /** HCL name → API field. Durations are written like "5s" and sent as nanoseconds. */
  attributes: Record<string, string>;
  durations?: Record<string, string>;
  blocks?: Record<string, { field: string; spec: BlockSpec | 'free'; many?: boolean }>;
}

const restart: BlockSpec = {
  blank: blank.blankRestart,
  attributes: { attempts: 'Attempts', mode: 'Mode' },
  durations: { delay: 'Delay', interval: 'Interval' },
};

const reschedule: BlockSpec = {
  blank: blank.blankReschedule,
  attributes: { attempts: 'Attempts', unlimited: 'Unlimited', delay_function: 'DelayFunction' },
  durations: { delay: 'Delay', interval: 'Interval', max_delay: 'MaxDelay' },
};

const check: BlockSpec = {
  blank: blank.blankCheck,
  attributes: { name: 'Name', type: 'Type', path: 'Path', port: 'PortLabel', method: 'Method', on_update: 'OnUpdate' },
  durations: { interval: 'Interval', timeout: 'Timeout' },
};

const service: BlockSpec = {
  blank: blank.blankService,
  attributes: { name: 'Name', port: 'PortLabel', tags: 'Tags', provider: 'Provider', address_mode: 'AddressMode' },
  blocks: { check: { field: 'Checks', spec: check, many: true }, meta: { field: 'Meta', spec: 'free' } },
};

const port: BlockSpec = {
  blank: blank.blankPort,
  label: 'Label',
  attributes: { to: 'To', host_network: 'HostNetwork' },
};

const network: BlockSpec = {
  blank: blank.blankNetwork,
  attributes: { mode: 'Mode' },
  blocks: { port: { field: 'DynamicPorts', spec: port, many: true } },
};

const resources: BlockSpec = {
  blank: blank.blankResources,
  attributes: { cpu: 'CPU', cores: 'Cores', memory: 'MemoryMB', memory_max: 'MemoryMaxMB' },
};

const logs: BlockSpec = {
  blank: blank.blankLogs,
  attributes: { max_files: 'MaxFiles', max_file_size: 'MaxFileSizeMB', disabled: 'Disabled' },
};

const task: BlockSpec = {
  blank: blank.blankTask,
  label: 'Name',
  attributes: { driver: 'Driver', user: 'User', kill_signal: 'KillSignal', env: 'Env' },
  durations: { kill_timeout: 'KillTimeout' },
  blocks: {
    config: { field: 'Config', spec: 'free' },
    env: { field: 'Env', spec: 'free' },
    resources: { field: 'Resources', spec: resources },
    logs: { field: 'LogConfig', spec: logs },
    restart: { field: 'RestartPolicy', spec: restart },
  },
};

const disk: BlockSpec = {
  blank: blank.blankDisk,
  attributes: { size: 'SizeMB', migrate: 'Migrate', sticky: 'Sticky' },
};

const group: BlockSpec = {
  blank: blank.blankGroup,
  label: 'Name',
  attributes: { count: 'Count' },
  blocks: {
    restart: { field: 'RestartPolicy', spec: restart },
    reschedule: { field: 'ReschedulePolicy', spec: reschedule },
    ephemeral_disk: { field: 'EphemeralDisk', spec: disk },
    network: { field: 'Networks', spec: network, many: true },
    service: { field: 'Services', spec: service, many: true },
    task: { field: 'Tasks', spec: task, many: true },
  },
};

const parameterized: BlockSpec = {
  blank: blank.blankParameterized,
  attributes: { payload: 'Payload', meta_required: 'MetaRequired', meta_optional: 'MetaOptional' },
};

const job: BlockSpec = {
  blank: blank.blankJob,
  label: 'ID',
  attributes: {
    id: 'ID',
    name: 'Name',
    type: 'Type',
    datacenters: 'Datacenters',
    namespace: 'Namespace',
    region: 'Region',
    node_pool: 'NodePool',
    priority: 'Priority',
  },
  blocks: {
    parameterized: { field: 'ParameterizedJob', spec: parameterized },
    meta: { field: 'Meta', spec: 'free' },
    group: { field: 'TaskGroups', spec: group, many: true },
  },
};

const units: Record<string, number> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

function duration(value: unknown): number {
  if (typeof value === 'number') return value;
  const parts = typeof value === 'string' ? [...value.matchAll(/([\d.]+)(ns|us|ms|s|m|h)/g)] : [];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) {
    throw refused(`Unsuitable value type; Unsuitable duration value: time: invalid duration "${String(value)}"`);
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0);
}

const refused = (detail: string) => new NomadError(400, `Failed to parse job: input.hcl: ${detail}`);

/** A block whose content is free: nested blocks become lists of objects, as drivers expect them. */
function free(body: Body): JsonObject {
  const result = { ...body.attributes };
  for (const block of body.blocks) {
    const list = result[block.type];
    result[block.type] = [...(Array.isArray(list) ? (list as unknown[]) : []), free(block.body)];
  }
  return result;
}

function read(block: Block, spec: BlockSpec): JsonObject {
  const result = spec.blank();
  if (spec.label !== undefined) result[spec.label] = block.labels[0];
  for (const [name, value] of Object.entries(block.body.attributes)) {
    const timed = spec.durations?.[name];
    const field = timed ?? spec.attributes[name];
    if (field === undefined) throw refused(`Unsupported argument; An argument named "${name}" is not expected here.`);
    result[field] = timed !== undefined && value !== null ? duration(value) : value;
  }
  for (const inner of block.body.blocks) {
    const target = spec.blocks?.[inner.type];
    if (!target) throw refused(`Unsupported block type; Blocks of type "${inner.type}" are not expected here.`);
    const value = target.spec === 'free' ? free(inner.body) : read(inner, target.spec);
    const earlier = result[target.field];
    result[target.field] = target.many ? [...(Array.isArray(earlier) ? (earlier as unknown[]) : []), value] : value;
  }
  return result;
}

/** A job file as the job object that Nomad's parse call answers. */
export async function parseJobFile(python: string, file: string, variables: string): Promise<JsonObject> {
  const script = fileURLToPath(new URL('hcl.py', import.meta.url));
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify({ job: file, variables }));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const answer: unknown = output === '' ? { error: errors.trim().split('\n').at(-1) } : JSON.parse(output);
  if (!isObject(answer) || !isObject(answer.block)) {
    throw new NomadError(400, `Failed to parse job: ${isObject(answer) ? String(answer.error) : output}`);
  }
  const result = read(answer.block as unknown as Block, job);
  result.Name ??= result.ID;
  return result;
}
