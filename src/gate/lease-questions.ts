import { instanceIdPattern } from '../platform/identity.js';
import type { Database } from '../platform/postgres/database.js';

interface Question {
  readonly participant: string;
  readonly instance: string;
  readonly resolve: (holds: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** A second one goes while the first is on its way: one that hangs stops nobody. */
const QUERIES_AT_ONCE = 2;
const LARGEST = 500;

const statement = {
  name: 'who-holds-a-lease',
  text: `select number::int from unnest($1::text[], $2::text[]) with ordinality asked(participant, instance, number)
         join leases on participant_id = participant and instance_id = instance and ended_at is null`,
};

/**
 * Whether participants hold leases now. Nothing is remembered: all questions that arrive while Postgres answers others are asked together,
 * in a query that begins after they came, so that who has lost a lease gets in no more.
 */
export class LeaseQuestions {
  private waiting: Question[] = [];
  private underway = 0;
  private isSet = false;

  constructor(private readonly database: Database) {}

  holds(participant: string, instance: string): Promise<boolean> {
    if (!instanceIdPattern.test(instance)) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      this.waiting.push({ participant, instance, resolve, reject });
      if (this.isSet) return;
      // What else has arrived in this turn of the event loop goes along.
      this.isSet = true;
      setImmediate(() => {
        this.isSet = false;
        this.next();
      });
    });
  }

  private next(): void {
    if (this.underway >= QUERIES_AT_ONCE || this.waiting.length === 0) return;
    const asked = this.waiting.splice(0, LARGEST);
    this.underway += 1;
    void this.ask(asked).finally(() => {
      this.underway -= 1;
      this.next();
    });
  }

  private async ask(asked: readonly Question[]): Promise<void> {
    try {
      const values = [asked.map(({ participant }) => participant), asked.map(({ instance }) => instance)];
      const { rows } = await this.database.query<{ number: number }>({ ...statement, values });
      const held = new Set(rows.map(({ number }) => number));
      asked.forEach(({ resolve }, index) => {
        resolve(held.has(index + 1));
      });
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
