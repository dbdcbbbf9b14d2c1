import type { Queryable } from '../platform/postgres/database.js';
import type { RecordChoice } from '../studies/recording.js';

/** Who has not begun yet may have a moment later. */
const KEPT_MS = 10_000;
const MAX_KEPT = 10_000;

/** What each participant's study records, kept for a moment: a batch costs no question of its own. */
export class RecordChoices {
  private readonly kept = new Map<
    string,
    { readonly choice: Promise<RecordChoice | undefined>; readonly until: number }
  >();

  constructor(private readonly database: Queryable) {}

  async of(participantId: string): Promise<RecordChoice | undefined> {
    const known = this.kept.get(participantId);
    if (known !== undefined && known.until > performance.now()) return known.choice;
    if (this.kept.size >= MAX_KEPT) this.kept.clear();
    const choice = this.ask(participantId);
    this.kept.set(participantId, { choice, until: performance.now() + KEPT_MS });
    // Nobody is answered with an old failure.
    choice.catch(() => this.kept.delete(participantId));
    return choice;
  }

  private async ask(participantId: string): Promise<RecordChoice | undefined> {
    const { rows } = await this.database.query<{ choice: RecordChoice }>(
      `select v.definition->'record' as choice from participants p join study_versions v on v.study_id = p.study_id and v.number = p.version where p.id = $1`,
      [participantId],
    );
    return rows[0]?.choice;
  }
}
