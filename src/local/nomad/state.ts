import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const longInteger = /^\d+n$/;

/**
 * The stand-in's tables on disk, one file an object, so that a stand-in that was killed knows everything again. Not synced:
 * what the system has is not lost with the process.
 */
export class StateFolder {
  constructor(private readonly folder: string) {}

  save(table: string, key: string, item: unknown): void {
    const file = this.file(table, key);
    mkdirSync(path.dirname(file), { recursive: true });
    const text = JSON.stringify(item, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    // Whole or not at all, also when the process is killed while it writes.
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  remove(table: string, key: string): void {
    rmSync(this.file(table, key), { force: true });
  }

  load<T>(table: string): T[] {
    const folder = path.join(this.folder, table);
    mkdirSync(folder, { recursive: true });
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'), revive) as T);
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private file(table: string, key: string): string {
    return path.join(this.folder, table, `${encodeURIComponent(key)}.json`);
  }
}

function revive(_key: string, value: unknown): unknown {
  return typeof value === 'string' && longInteger.test(value) ? BigInt(value.slice(0, -1)) : value;
}
