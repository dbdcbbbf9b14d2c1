import { isTrue } from './go-bool.js';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { denied } from './acl.js';
import type { Answer, Call } from './http.js';
import type { Surroundings } from './reads.js';
import { NomadError, isTerminal, type Allocation } from './types.js';

const lookMs = 100;
const beatMs = 1000;

/** The allocation of a call about its files, in a namespace where the caller may read them. */
export function allocationOf({ store, acl }: Surroundings, { token }: Call, id: string, need: Need): Allocation {
  if (id === '') throw new NomadError(400, 'must provide a valid alloc id');
  if (id.length !== 36) throw new NomadError(500, 'alloc lookup failed: index error: UUID must be 36 characters');
  const allocation = store.allocations.get(id);
  acl.checkStream(token, need, allocation?.Namespace ?? 'default', denied(500, 'rpc error: Permission denied'));
  if (!allocation) throw new NomadError(404, `Unknown allocation "${id}"`);
  return allocation;
}
type Need = 'read-fs' | ('read-fs' | 'read-logs')[];

/** A task's output: as text or as frames, from an offset, and followed for as long as the caller stays. */
export async function readLogs(around: Surroundings, call: Call): Promise<Answer | undefined> {
  const { query } = call;
  const task = query.get('task') ?? '';
  const type = query.get('type') ?? '';
  if (task === '') throw new NomadError(400, 'must provide task name');
  if (type !== 'stdout' && type !== 'stderr') throw new NomadError(400, 'must provide log type (stdout/stderr)');
  if (!['start', 'end', ''].includes(query.get('origin') ?? '')) {
    throw new NomadError(400, 'origin must be start or end');
  }
  const allocation = allocationOf(around, call, call.params[0] ?? '', ['read-logs', 'read-fs']);
  const known = allocation.Job.TaskGroups.some(({ Tasks }) => Tasks.some(({ Name }) => Name === task));
  if (!known) throw new NomadError(400, `unknown task name "${task}"`);
  const name = `alloc/logs/${task}.${type}.0`;
  const file = path.join(around.root, allocation.ID, name);
  const content = () => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0));
  const asked = Number(query.get('offset') ?? 0);
  const start = query.get('origin') === 'end' ? Math.max(content().length - asked, 0) : asked;
  const plain = isTrue(query.get('plain'));
  if (isTrue(query.get('follow'))) return follow(call, { allocation, name, content, start, plain });
  const rest = content().subarray(start);
  if (plain) return { body: rest.toString('utf8'), plain: true };
  if (rest.length === 0) return { body: undefined };
  return { body: frame(name, rest, start + rest.length) };
}

const frame = (name: string, data: Buffer, offset: number) => ({
  Data: data.toString('base64'),
  File: name,
  Offset: offset,
});

interface Followed {
  allocation: Allocation;
  name: string;
  content: () => Buffer;
  start: number;
  plain: boolean;
}

/** Until the caller goes, or the task has ended and all is told. Frames beat with `{}` while nothing comes. */
async function follow({ response }: Call, { allocation, name, content, start, plain }: Followed): Promise<undefined> {
  response.writeHead(200, { 'content-type': plain ? 'text/plain' : 'application/json' });
  let told = start;
  let beat = Date.now();
  while (!response.destroyed) {
    const ended = isTerminal(allocation);
    const news = content().subarray(told);
    if (news.length > 0) {
      told += news.length;
      response.write(plain ? news : JSON.stringify(frame(name, news, told)));
    } else if (ended) break;
    else if (!plain && Date.now() - beat >= beatMs) {
      beat = Date.now();
      response.write('{}');
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  response.end();
  return undefined;
}
