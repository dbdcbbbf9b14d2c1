import { DatabaseError } from 'pg';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { Refusal } from '../platform/web/refusal.js';
import type { Telemetry } from '../platform/web/telemetry.js';
import { chosenPart } from './chosen-part.js';
import { type Sent, storableJson, type StudyEvent } from './event.js';
import { GroupCommit, type Sender } from './group-commit.js';
import { recordChoices } from './record-choices.js';

/** `other-page`: another page has taken over; what this one sent is stored apart. */
export type IntakeResult =
  | { readonly kind: 'stored' | 'gap' | 'other-page'; readonly acknowledged: number }
  | { readonly kind: 'ended' }
  | { readonly kind: 'not-yours' };

interface Answer {
  readonly outcome: IntakeResult['kind'];
  readonly acknowledged: string;
  /** The last number that was stored when this batch came. */
  readonly before: string;
}

/** Whoever was erased meanwhile. */
const notThere: Answer = { outcome: 'not-yours', acknowledged: '0', before: '0' };

const storing = `
  select outcome, acknowledged, before.last_seq as before
  from (select id, last_seq from participants where id = $1 for update) before,
    lateral store_events(before.id, $2, $3, $4, $5, $6, $7, $8)`;

/** The way of an event into Postgres. */
export class Intake {
  private readonly choices: ReturnType<typeof recordChoices>;
  private readonly group: GroupCommit;

  constructor(
    private readonly database: Database,
    private readonly telemetry: Pick<Telemetry, 'events'>,
    log: Logger,
  ) {
    this.choices = recordChoices(database);
    this.group = new GroupCommit(database, log);
  }

  /**
   * Stores what a page sent and acknowledges it.
   *
   * @param text the events as JSON that Postgres stores, if they are there as such
   */
  async store(sender: Sender, { events, snapshot }: Sent, text?: string): Promise<IntakeResult> {
    const choice = await this.choices.get(sender.participant);
    if (choice === undefined) return { kind: 'not-yours' };
    let result: IntakeResult | undefined;
    for (const part of byPage(events)) {
      const chosen = part.map((event) => chosenPart(event, choice));
      const isWhole = part.length === events.length && chosen.every((event, index) => event === part[index]);
      result = await this.storePart(sender, chosen, isWhole ? text : undefined);
      if (result.kind !== 'stored') return result;
    }
    result ??= await this.storePart(sender, []);
    if (result.kind === 'stored' && snapshot) await storeSnapshot(this.database, sender.participant, snapshot);
    return result;
  }

  private async storePart(
    sender: Sender,
    events: readonly StudyEvent[],
    json = storableJson(events),
  ): Promise<IntakeResult> {
    const last = events.at(-1);
    const [opened, gone] = [events.find(({ type }) => type === 'open')?.seq, withoutContents(events)];
    if (last !== undefined && opened === undefined && gone === 0) {
      const continuing = { sender, page: last.page, first: events[0]!.seq, last: last.seq, json };
      if (await this.group.store(continuing)) {
        this.telemetry.events('stored', events.length);
        return { kind: 'stored', acknowledged: last.seq };
      }
    }
    const { rows } = await this.database
      .query<Answer>(storing, [
        ...[sender.participant, sender.instance, last?.page, events[0]?.seq, last?.seq],
        ...[opened, gone, json],
      ])
      .catch(refuseUnstorable);
    const { outcome, acknowledged, before } = rows[0] ?? notThere;
    this.count(outcome, events, Number(before));
    if (outcome === 'ended' || outcome === 'not-yours') return { kind: outcome };
    return { kind: outcome, acknowledged: Number(acknowledged) };
  }

  private count(outcome: Answer['outcome'], events: readonly StudyEvent[], before: number): void {
    const fresh = events.filter(({ seq }) => seq > before).length;
    if (outcome === 'stored') {
      this.telemetry.events('stored', fresh);
      this.telemetry.events('duplicate', events.length - fresh);
    } else if (outcome !== 'not-yours') {
      this.telemetry.events(outcome === 'other-page' ? 'apart' : outcome, events.length);
    }
  }
}

/** After a reload a batch may hold what the page before did not get sent, then the new page's own. */
function byPage(events: readonly StudyEvent[]): StudyEvent[][] {
  const parts: StudyEvent[][] = [];
  for (const event of events) {
    const part = parts.at(-1);
    if (part?.[0]?.page === event.page) part.push(event);
    else parts.push([event]);
  }
  return parts;
}

/** What Postgres will never take, such as values nested too deep, must not be sent again for ever. */
function refuseUnstorable(error: unknown): never {
  if (error instanceof DatabaseError && /^(22|54)/.test(error.code ?? '')) {
    throw new Refusal(400, 'unstorable', 'These events cannot be stored.', { reason: error.message });
  }
  throw error;
}

/** How many events tell that contents are gone; Postgres counts them, each once. */
function withoutContents(events: readonly StudyEvent[]): number {
  return events.filter(({ type, data }) => type === 'lost' || 'withheld' in data).length;
}

async function storeSnapshot(
  database: Database,
  participantId: string,
  { seq, document }: NonNullable<Sent['snapshot']>,
): Promise<void> {
  await database.query(
    `insert into snapshots (study_id, participant_id, seq, document)
     select study_id, id, $2, $3 from participants where id = $1 and last_seq >= $2 and state <> 'finished'
     on conflict (participant_id, seq) do update set document = excluded.document, received_at = now()`,
    [participantId, seq, storableJson(document)],
  );
}
