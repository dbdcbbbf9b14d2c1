import { newParticipantId } from '../platform/identity.js';
import type { Queryable } from '../platform/postgres/database.js';
import type { KnownAddress } from './address.js';

export type ParticipantState =
  'arrived' | 'consented' | 'waiting' | 'working' | 'finished' | 'abandoned' | 'withdrawn' | 'screened';

export interface Participant {
  readonly id: string;
  readonly studyId: string;
  readonly token: string;
  readonly state: ParticipantState;
  readonly condition: number | null;
  /** Of the study, which they began with; null as long as they have no condition. */
  readonly version: number | null;
  /** Who somebody is beyond this study, as `pid:…`; null for who came by an open link. */
  readonly identity: string | null;
  /** What the link carried. */
  readonly recruitment: Readonly<Record<string, string>>;
  readonly origin: string | null;
}

const columns = 'id, study_id as "studyId", token, state, condition, version, identity, recruitment, origin';

export async function findParticipant(database: Queryable, id: string): Promise<Participant | undefined> {
  const { rows } = await database.query<Participant>(`select ${columns} from participants where id = $1`, [id]);
  return rows[0];
}

export async function findByIdentity(
  database: Queryable,
  studyId: string,
  identity: string,
): Promise<Participant | undefined> {
  const { rows } = await database.query<Participant>(
    `select ${columns} from participants where study_id = $1 and identity = $2`,
    [studyId, identity],
  );
  return rows[0];
}

/** Whom a link brings. */
export interface Newcomer {
  readonly identity?: string;
  readonly recruitment?: Readonly<Record<string, string>>;
  readonly origin?: string | undefined;
  /** The original's tokens, which become the participant's own id and token. */
  readonly pair?: { readonly id: string; readonly token: string } | undefined;
}

/** The original's tokens are somebody's already, in another study. */
export class PairTakenError extends Error {}

/** A new participant; or whoever has this identity already, however many browsers arrive with it at once. */
export async function arrive(
  database: Queryable,
  studyId: string,
  address: KnownAddress,
  { identity, recruitment = {}, origin, pair }: Newcomer = {},
): Promise<Participant & { readonly isNew: boolean }> {
  const { rows } = await database.query<Participant>(
    `with arrived as (
       insert into participants (id, study_id, token, address_key, address, identity, recruitment, origin)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning *),
     audited as (
       insert into audit (study_id, subject, subject_id, to_state, actor)
       select study_id, 'participant', id, state, 'landing' from arrived)
     select ${columns} from arrived`,
    [
      pair?.id ?? newParticipantId(),
      studyId,
      pair?.token ?? newParticipantId(),
      address.key,
      address.kept,
      identity ?? null,
      JSON.stringify(recruitment),
      origin ?? null,
    ],
  );
  const participant = rows[0] ?? (identity && (await findByIdentity(database, studyId, identity)));
  if (!participant) throw new PairTakenError('a participant of another study has this id');
  return { ...participant, isNew: rows.length > 0 };
}

/** Says of a participant that the token service was not there to be asked. */
export async function noteTokenUnasked(database: Queryable, id: string): Promise<void> {
  await database.query(
    `update participants set recruitment = recruitment || '{"tokenService": "not asked"}' where id = $1`,
    [id],
  );
}

export interface LockedParticipant {
  readonly studyId: string;
  readonly state: ParticipantState;
  readonly identity: string | null;
  readonly condition: number | null;
  /** What they are balanced within. */
  readonly stratum: string | null;
  readonly lastSeq: number;
}

/** The participant, and before that the instance: the order in which the manager locks them too. */
export async function lockParticipant(client: Queryable, id: string): Promise<LockedParticipant | undefined> {
  await client.query(
    `select from instances where id = (select instance_id from leases where participant_id = $1 and ended_at is null)
     for update`,
    [id],
  );
  const { rows } = await client.query<LockedParticipant>(
    `select study_id as "studyId", state, identity, condition, draw->>'stratum' as stratum, last_seq::float8 as "lastSeq"
     from participants where id = $1 for update`,
    [id],
  );
  return rows[0];
}

export interface Move {
  readonly id: string;
  readonly from: ParticipantState;
  readonly to: ParticipantState;
  readonly actor: string;
  readonly reason?: string;
}

/** One guarded change of state with its audit row; false when the participant was not in `from`. */
export async function moveParticipant(client: Queryable, { id, from, to, actor, reason }: Move): Promise<boolean> {
  const { rowCount } = await client.query(
    `with moved as (
       update participants set state = $3,
         consented_at = case when $3 = 'consented' then now() else consented_at end,
         queued_at = case when $3 = 'waiting' then coalesce(queued_at, now()) else queued_at end,
         working_at = case when $3 = 'working' then coalesce(working_at, now()) else working_at end,
         ended_at = case when $3 in ('finished', 'abandoned', 'withdrawn', 'screened') then now() else ended_at end
       where id = $1 and state = $2 returning study_id)
     insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
     select study_id, 'participant', $1, $2, $3, $4, $5 from moved`,
    [id, from, to, actor, reason ?? null],
  );
  return rowCount === 1;
}
