/** Single-use links that the study itself issues. Only hashes of their tokens are kept. */
import { randomBytes } from 'node:crypto';
import { newParticipantId, tokenHash } from '../platform/identity.js';
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';

/** What stands in the link: 128 random bits, or the original's two parts. */
export type Token = { readonly invitation: string } | { readonly token: string; readonly token2: string };

export interface Issued {
  readonly number: number;
  readonly token: Token;
}

const PREFIX = 'invitation:';

export const hashOf = (token: Token): string =>
  tokenHash('invitation' in token ? token.invitation : `${token.token}/${token.token2}`);

/** The identity of whoever has this token. */
export const invitedIdentity = (token: Token): string => PREFIX + hashOf(token);
export const isInvited = (identity: string | null): boolean => identity?.startsWith(PREFIX) === true;

interface Issuing {
  readonly studyId: string;
  readonly count: number;
  readonly expires: Date | null;
  readonly pairs: boolean;
}

/** The only moment at which the tokens are known. */
export async function issueInvitations(database: Queryable, issuing: Issuing): Promise<Issued[]> {
  const tokens = Array.from({ length: issuing.count }, () => newToken(issuing.pairs));
  const { rows } = await database.query<{ number: string; hash: string }>(
    `insert into invitations (study_id, token_hash, expires_at)
     select $1, hash, $3 from unnest($2::text[]) with ordinality as t(hash, nth) order by nth
     returning number, token_hash as hash`,
    [issuing.studyId, tokens.map(hashOf), issuing.expires],
  );
  const numbers = new Map(rows.map(({ number, hash }) => [hash, Number(number)]));
  return tokens.map((token) => ({ number: numbers.get(hashOf(token))!, token }));
}

const newToken = (pair: boolean): Token =>
  pair ? { token: newParticipantId(), token2: newParticipantId() } : { invitation: randomBytes(16).toString('hex') };

export type InvitationState = 'unused' | 'used' | 'expired' | 'revoked';

/** What became of an invitation, in SQL. */
const stateOf = `case when used_at is not null then 'used' when revoked_at is not null then 'revoked'
  when expires_at <= now() then 'expired' else 'unused' end`;

export interface Invitation {
  readonly number: number;
  readonly state: InvitationState;
  readonly issued: Date;
  readonly expires: Date | null;
  /** Who came with it. */
  readonly participant: string | null;
}

export async function listInvitations(database: Queryable, studyId: string): Promise<Invitation[]> {
  const { rows } = await database.query<Invitation>(
    `select number::int, ${stateOf} as state, issued_at as issued, expires_at as expires, used_by as participant
     from invitations where study_id = $1 order by number`,
    [studyId],
  );
  return rows;
}

/** Undefined for a token that was never issued. */
export async function invitationState(
  database: Queryable,
  studyId: string,
  identity: string,
): Promise<InvitationState | undefined> {
  const { rows } = await database.query<{ state: InvitationState }>(
    `select ${stateOf} as state from invitations where study_id = $1 and token_hash = $2`,
    [studyId, identity.slice(PREFIX.length)],
  );
  return rows[0]?.state;
}

/** One guarded update, to be made in the transaction that joins; false when it was revoked or expired meanwhile. */
export async function useInvitation(client: Queryable, participantId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `update invitations i set used_at = now(), used_by = p.id from participants p
     where p.id = $1 and i.study_id = p.study_id and p.identity = '${PREFIX}' || i.token_hash
       and used_at is null and revoked_at is null and (expires_at is null or expires_at > now())`,
    [participantId],
  );
  return rowCount === 1;
}

export interface Revoked {
  readonly revoked: readonly number[];
  /** Who came with these takes part already. */
  readonly used: readonly number[];
  readonly unknown: readonly number[];
}

/** Those with these numbers, or all that nobody has used. */
export async function revokeInvitations(
  database: Database,
  studyId: string,
  which: readonly number[] | 'unused',
): Promise<Revoked> {
  return transaction(database, async (client) => {
    const wanted = which === 'unused' ? null : which;
    const { rows: found } = await client.query<{ number: number; used: boolean }>(
      `select number::int, used_at is not null as used from invitations
       where study_id = $1 and ($2::bigint[] is null or number = any($2)) order by number for update`,
      [studyId, wanted],
    );
    const revocable = found.filter(({ used }) => !used).map(({ number }) => number);
    await client.query('update invitations set revoked_at = now() where number = any($1) and revoked_at is null', [
      revocable,
    ]);
    const known = new Set(found.map(({ number }) => number));
    return {
      revoked: revocable,
      used: wanted === null ? [] : found.filter(({ used }) => used).map(({ number }) => number),
      unknown: (wanted ?? []).filter((number) => !known.has(number)),
    };
  });
}
