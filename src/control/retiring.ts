import { endOverdue } from '../participants/overdue.js';
import { Background } from '../platform/background.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';

const LOOK_MS = 60_000;

interface Needs {
  readonly database: Database;
  readonly log: Logger;
  /** Tells the manager which instances are old; what is lost on the way it sees in Postgres. */
  readonly tellOld: (instances: readonly string[]) => void;
}

/** The original's control: gives up what nobody uses any more. Several may run at once. */
export function startRetiring({ database, log, tellOld }: Needs): Background {
  return new Background({
    everyMs: LOOK_MS,
    look: async () => {
      const retired = await endOverdue(database, new Date());
      if (retired.length === 0) return;
      log.info({ instances: retired }, 'instances were given up: their participants have been away for too long');
      tellOld(retired);
    },
    failed: (error) => {
      log.warn({ err: error }, 'instances that nobody uses could not be given up; trying again in a minute');
    },
  });
}
