import { Background, pauseAfter } from '../platform/background.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { tokenService, TokenServiceDown } from '../platform/token-service.js';
import type { Telemetry } from '../platform/web/telemetry.js';

const LOOK_MS = 5_000;
const AT_ONCE = 20;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;
/** So long the web process that let somebody in is left to tell it alone: most tokens are told once. */
const OWN_SECONDS = 15;

interface Needs {
  readonly database: Database;
  readonly log: Logger;
  readonly telemetry: Pick<Telemetry, 'tokenService'>;
}

interface Untold {
  readonly id: string;
  readonly token: string;
  readonly study: string;
  readonly address: string;
}

const untold = `
  select p.id, p.token, s.id as study, s.definition #>> '{entry,tokenService,used}' as address
  from studies s join participants p on p.study_id = s.id
  where s.definition #> '{entry,tokenService,used}' is not null
    and p.identity like 'token-service:%' and p.token_told_at is null and p.consented_at is not null
    and (p.id = any($1) or (p.consented_at < now() - $3 * interval '1 second' and p.id <> all($2)))
  order by p.consented_at limit $4`;

/**
 * Tells the researcher's token service which tokens are used: at least once each, however often it or a web process fails in
 * between. Nobody waits for it: here the token is used in any case.
 */
export class TokenTelling {
  /** They came in here, or it is time to try them again. */
  private readonly due = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly background: Background;

  constructor(private readonly needs: Needs) {
    this.background = new Background({
      everyMs: LOOK_MS,
      look: () => this.look(),
      failed: (error) => {
        needs.log.warn({ err: error }, 'used tokens that the token service was not told could not be looked for');
      },
    });
  }

  /** The token of this participant is used. */
  used(participant: string): void {
    this.due.add(participant);
    this.background.hurry();
  }

  stop(): Promise<void> {
    return this.background.stop();
  }

  private async look(): Promise<void> {
    const due = [...this.due];
    const resting = [...this.failures.keys()];
    const { rows } = await this.needs.database.query<Untold>(untold, [due, resting, OWN_SECONDS, AT_ONCE]);
    const isAll = rows.length < AT_ONCE;
    const found = new Set(rows.map(({ id }) => id));
    for (const id of due) {
      if (isAll || found.has(id)) this.due.delete(id);
      // Told by another process, or erased.
      if (isAll && !found.has(id)) this.failures.delete(id);
    }
    await Promise.all(rows.map((row) => this.tell(row)));
    if (!isAll) this.background.hurry();
  }

  private async tell({ id, token, study, address }: Untold): Promise<void> {
    const { telemetry, log } = this.needs;
    try {
      await tokenService.markUsed(address, id, token, this.background.signal);
      telemetry.tokenService('used', 'told');
      await this.needs.database.query('update participants set token_told_at = now() where id = $1', [id]);
      this.failures.delete(id);
    } catch (error) {
      if (this.background.signal.aborted) return;
      if (error instanceof TokenServiceDown) telemetry.tokenService('used', 'down');
      const failed = (this.failures.get(id) ?? 0) + 1;
      this.failures.set(id, failed);
      const wait = pauseAfter(failed, FIRST_RETRY_MS, LONGEST_RETRY_MS);
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ study, reason, retryInMs: wait }, 'a token could not be marked as used');
      setTimeout(() => {
        this.used(id);
      }, wait).unref();
    }
  }
}
