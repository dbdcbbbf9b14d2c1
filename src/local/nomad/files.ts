import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Answer, Call } from './http.js';
import { allocationOf } from './logs.js';
import type { Surroundings } from './reads.js';
import { NomadError } from './types.js';

/** Listing and reading an allocation's folder, which a caller cannot leave. */
export function readFiles(around: Surroundings, call: Call): Answer {
  const [kind = '', id = ''] = call.params;
  const allocation = allocationOf(around, call, id, 'read-fs');
  const folder = path.join(around.root, allocation.ID);
  const wanted = path.join(folder, path.normalize(`/${call.query.get('path') ?? ''}`));
  if (wanted.includes('/secrets')) throw new NomadError(403, 'Reading secret file prohibited');
  if (!existsSync(wanted)) return { body: `stat ${wanted}: no such file or directory`, plain: true };
  switch (kind) {
    case 'ls':
      return {
        body: readdirSync(wanted)
          .filter(isNomads)
          .map((name) => entry(path.join(wanted, name))),
      };
    case 'stat':
      return { body: { ContentType: 'application/octet-stream', ...entry(wanted) } };
    default: {
      const from = Number(call.query.get('offset') ?? 0);
      const length = Number(call.query.get('limit') ?? Number.MAX_SAFE_INTEGER);
      const content = readFileSync(wanted).subarray(from, kind === 'readat' ? from + length : undefined);
      return { body: content.toString('utf8'), plain: true };
    }
  }
}

/** All but the stand-in's own note of how the task ended. */
const isNomads = (name: string): boolean => name !== 'exit';

function entry(file: string) {
  const stat = statSync(file);
  const bits = [...(stat.mode & 0o777).toString(2).padStart(9, '0')];
  const mode = bits.map((bit, position) => (bit === '1' ? 'rwx'[position % 3] : '-')).join('');
  return {
    FileMode: `${stat.isDirectory() ? 'd' : '-'}${mode}`,
    IsDir: stat.isDirectory(),
    ModTime: stat.mtime,
    Name: path.basename(file),
    Size: stat.size,
  };
}
