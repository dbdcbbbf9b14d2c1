import { endOverdue } from '../participants/overdue.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { Repeated } from '../platform/repeated.js';

const LOOK_MS = 60_000;

interface Needs {
  readonly database: Database;
  readonly log: Logger;
  /** Tells the manager which instances are old; what is lost on the way it sees in Postgres. */
  readonly tellOld: (instances: readonly string[]) => void;
}

/** The original's control: gives up what nobody uses any more. Several may run at once. */
export class Retiring {
  private readonly looks = new Repeated(() => this.look());
  private readonly timer = setInterval(() => {
    this.looks.hurry();
  }, LOOK_MS);

  constructor(private readonly needs: Needs) {}

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looks.rest();
  }

  private async look(): Promise<void> {
    const { database, log, tellOld } = this.needs;
    try {
      const retired = await endOverdue(database, new Date());
      if (retired.length === 0) return;
      log.info({ instances: retired }, 'instances were given up: their participants have been away for too long');
      tellOld(retired);
    } catch (error) {
      log.warn({ err: error }, 'instances that nobody uses could not be given up; trying again in a minute');
    }
  }
}
