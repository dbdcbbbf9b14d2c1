import { setMaxListeners } from 'node:events';
import { Background, pauseAfter } from '../platform/background.js';
import type { InstanceFile } from '../platform/instance.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';

const LOOK_MS = 1_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const AT_ONCE = 20;

interface Needs {
  readonly database: Database;
  readonly instances: { prepare(id: string, files: readonly InstanceFile[], signal: AbortSignal): Promise<void> };
  readonly log: Logger;
}

interface Unprepared {
  readonly lease: string;
  readonly instance: string;
  readonly files: readonly InstanceFile[];
}

/**
 * Places the study's files on each instance that was given out and starts its kernel, while the participant still reads. Nobody
 * waits for it: whatever is not ready is found again here, tried again, and the page starts a kernel that is missing itself.
 */
export class Preparation {
  /** Those under way or waiting for their next try. */
  private readonly busy = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly background: Background;

  constructor(private readonly needs: Needs) {
    this.background = new Background({
      everyMs: LOOK_MS,
      look: () => this.look(),
      failed: (error) => {
        needs.log.warn({ err: error }, 'instances that were given out could not be looked for');
      },
    });
    // Each request listens to it; Node would take more than ten for a leak.
    setMaxListeners(0, this.background.signal);
  }

  /** An instance was given out just now, perhaps. */
  hurry(): void {
    this.background.hurry();
  }

  stop(): Promise<void> {
    return this.background.stop();
  }

  private async look(): Promise<void> {
    const { rows } = await this.needs.database.query<Unprepared>(
      `select l.id as lease, l.instance_id as instance, c.starter_files as files
       from leases l join participants p on p.id = l.participant_id
       join condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition
       where l.ended_at is null and l.prepared_at is null and l.id <> all($1) order by l.id limit $2`,
      [[...this.busy], AT_ONCE],
    );
    const found = new Set(rows.map(({ lease }) => lease));
    for (const lease of this.failures.keys())
      if (!this.busy.has(lease) && !found.has(lease)) this.failures.delete(lease);
    for (const row of rows) {
      this.busy.add(row.lease);
      void this.prepare(row);
    }
  }

  private async prepare({ lease, instance, files }: Unprepared): Promise<void> {
    try {
      await this.needs.instances.prepare(instance, files, this.background.signal);
      await this.needs.database.query('update leases set prepared_at = now() where id = $1', [lease]);
      this.failures.delete(lease);
      this.busy.delete(lease);
    } catch (error) {
      if (this.background.signal.aborted) return;
      const failed = (this.failures.get(lease) ?? 0) + 1;
      this.failures.set(lease, failed);
      const wait = pauseAfter(failed, FIRST_RETRY_MS, LONGEST_RETRY_MS);
      // Of an axios error only the message: it holds the request with the key.
      const reason = error instanceof Error ? error.message : String(error);
      this.needs.log.warn({ instance, reason, retryInMs: wait }, 'an instance could not be made ready; trying again');
      setTimeout(() => {
        this.busy.delete(lease);
        this.hurry();
      }, wait).unref();
    }
  }
}
