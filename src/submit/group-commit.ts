import { DatabaseError } from 'pg';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { Gathered } from '../platform/gathered.js';

export interface Sender {
  readonly participant: string;
  /** Which the participant has or had: work that was typed while it died must still be taken. */
  readonly instance: string;
}

/** Events of one page that follow one another. */
export interface Batch {
  readonly sender: Sender;
  readonly page: string;
  readonly first: number;
  readonly last: number;
  /** The events, as `storableJson` writes them. */
  readonly json: string;
}

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (stored: boolean) => void;
  readonly reject: (error: unknown) => void;
}

const GROUP_BATCHES = 32;
/** In characters: a longer one does not hold up the others. */
const LONG_BATCH = 100_000;

/**
 * Stores batches that go on where their participant's record ends: those that arrive together, or while others are being
 * stored, go together, in one statement. A batch that comes alone waits for nothing.
 */
export class GroupCommit {
  private readonly batches = new Gathered<Waiting>(GROUP_BATCHES, (group) => this.storeGroup(group));

  constructor(
    private readonly database: Database,
    private readonly log: Logger,
  ) {}

  /** False if it does not go on there, or not together with others: nothing of it is stored then. */
  async store(batch: Batch): Promise<boolean> {
    if (batch.json.length > LONG_BATCH) return false;
    return new Promise((resolve, reject) => {
      this.batches.add({ batch, resolve, reject });
    });
  }

  private async storeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const { rows } = await this.database.query<{ number: number }>('select number from store_continuing($1) number', [
        `[${group.map(({ batch }, number) => batchJson(batch, number)).join()}]`,
      ]);
      const stored = new Set(rows.map(({ number }) => number));
      group.forEach(({ resolve }, number) => {
        resolve(stored.has(number));
      });
    } catch (error) {
      if (!(error instanceof DatabaseError)) {
        for (const { reject } of group) reject(error);
        return;
      }
      // What Postgres does not take in one batch must not fail the others: each comes alone then. The message may hold what was typed.
      this.log.warn(
        { code: error.code, batches: group.length },
        'batches could not be stored together: each comes alone',
      );
      for (const { resolve } of group) resolve(false);
    }
  }
}

function batchJson({ sender: { participant, instance }, page, first, last, json }: Batch, number: number): string {
  const head = JSON.stringify({ number, who: participant, instance, writer: page, first_seq: first, final_seq: last });
  return `${head.slice(0, -1)},"events":${json}}`;
}
