import { randomInt } from 'node:crypto';
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { entryTime } from '../studies/entry.js';
import { isInvited, useInvitation } from './invitations.js';
import { countStart, type KnownAddress } from './address.js';
import { moveParticipant } from './participant.js';
import { stateInForce } from './study-state.js';
import type { StudyPage } from './study-store.js';

export type JoinResult =
  'joined' | 'already-joined' | 'paused' | 'not-open' | 'study-full' | 'address-full' | 'invitation-void';

interface Joining {
  readonly participantId: string;
  readonly studyId: string;
  readonly address: KnownAddress;
  /** The boxes that were ticked. */
  readonly consent: readonly string[];
}

/** Thrown to roll the transaction back; never leaves this file. */
class NotJoined extends Error {
  constructor(readonly result: Exclude<JoinResult, 'joined'>) {
    super(result);
  }
}

/**
 * Consent, caps, condition and the place in the line, in one transaction. The study's counters are locked first, so that
 * simultaneous participants see each other: no cap is passed and no two count the same cell as the emptiest.
 */
export async function join(database: Database, joining: Joining): Promise<JoinResult> {
  try {
    await transaction(database, (client) => joinWithin(client, joining));
    return 'joined';
  } catch (error) {
    if (error instanceof NotJoined) return error.result;
    throw error;
  }
}

async function joinWithin(client: Queryable, { participantId, studyId, address, consent }: Joining): Promise<void> {
  const counters = await lockCounters(client, studyId);
  const { rows } = await client.query<{ state: string; page: StudyPage }>(
    `select ${stateInForce} as state, definition as page from studies where id = $1`,
    [studyId],
  );
  const study = rows[0];
  const participant = await client.query<{ state: string; identity: string | null }>(
    'select state, identity from participants where id = $1 for update',
    [participantId],
  );
  if (participant.rows[0]?.state !== 'arrived') throw new NotJoined('already-joined');
  if (study?.state === 'paused') throw new NotJoined('paused');
  if (study?.state !== 'open' || entryTime(study.page.entry, new Date()) !== 'open') throw new NotJoined('not-open');
  if (isInvited(participant.rows[0].identity) && !(await useInvitation(client, participantId))) {
    throw new NotJoined('invitation-void');
  }
  const { maxParticipants, perAddressAndDay } = study.page.caps;
  if (maxParticipants !== null && taken(counters, 'study') >= maxParticipants) throw new NotJoined('study-full');
  if (!(await countStart(client, studyId, address, perAddressAndDay))) throw new NotJoined('address-full');

  const condition = await leastTaken(client, studyId, counters);
  await client.query('update participants set condition = $2, consent = $3 where id = $1', [
    participantId,
    condition,
    JSON.stringify(consent),
  ]);
  await moveParticipant(client, { id: participantId, from: 'arrived', to: 'consented', actor: 'landing' });
  await moveParticipant(client, { id: participantId, from: 'consented', to: 'waiting', actor: 'landing' });
  await client.query(
    `update counters set value = value + 1 where study_id = $1 and scope in ('study', $2) and name = 'inFlight'`,
    [studyId, `condition:${condition}`],
  );
}

type Counters = ReadonlyMap<string, number>;

async function lockCounters(client: Queryable, studyId: string): Promise<Counters> {
  const { rows } = await client.query<{ scope: string; name: string; value: string }>(
    `select scope, name, value from counters where study_id = $1 and (scope = 'study' or scope like 'condition:%')
     order by scope, name for update`,
    [studyId],
  );
  return new Map(rows.map((row) => [`${row.scope} ${row.name}`, Number(row.value)]));
}

const taken = (counters: Counters, scope: string): number =>
  (counters.get(`${scope} inFlight`) ?? 0) + (counters.get(`${scope} completed`) ?? 0);

/** The active condition with the fewest completed and in flight; ties are drawn. */
async function leastTaken(client: Queryable, studyId: string, counters: Counters): Promise<number> {
  const { rows } = await client.query<{ number: number }>(
    'select number from conditions where study_id = $1 and active order by number',
    [studyId],
  );
  const loads = rows.map(({ number }) => ({ number, load: taken(counters, `condition:${number}`) }));
  const least = Math.min(...loads.map(({ load }) => load));
  const candidates = loads.filter(({ load }) => load === least);
  const drawn = candidates[randomInt(candidates.length)];
  if (drawn === undefined) throw new Error(`study ${studyId} has no active condition`);
  return drawn.number;
}
