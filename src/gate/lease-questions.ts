import { instanceIdPattern } from '../platform/identity.js';
import { Gathered } from '../platform/gathered.js';
import type { Database } from '../platform/postgres/database.js';

interface Question {
  readonly participant: string;
  readonly instance: string;
  readonly resolve: (holds: boolean) => void;
  readonly reject: (error: unknown) => void;
}

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
  private readonly questions = new Gathered<Question>(LARGEST, (asked) => this.ask(asked));

  constructor(private readonly database: Database) {}

  holds(participant: string, instance: string): Promise<boolean> {
    if (!instanceIdPattern.test(instance)) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      this.questions.add({ participant, instance, resolve, reject });
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
