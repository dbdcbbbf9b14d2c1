import type { Database, Queryable } from '../platform/postgres/database.js';
import { countStart, type KnownAddress } from './address.js';
import { draw, type DrawRecord } from './balance.js';
import { type Change, changeCounters, lockCounters, sequenceScope } from './counters.js';
import { activeConditions, questionOf, scopesOf, stratumOf } from './draw.js';
import { isInvited, useInvitation } from './invitations.js';
import { isStudyFull, joinedOr, openStudy, placeTaken, type Refused } from './joining.js';
import { lockParticipant } from './participant.js';

export type JoinResult = 'joined' | Refused | 'address-full' | 'invitation-void' | 'changed';

interface Joining {
  readonly participantId: string;
  readonly studyId: string;
  /** Of the study, to which they consent. */
  readonly version: number;
  readonly address: KnownAddress;
  /** The boxes that were ticked. */
  readonly consent: readonly string[];
}

/**
 * Consent, token, caps, condition and the place in the line, in one transaction. The study's counters are locked as late as
 * possible, and before anything of them is read: no cap is passed, and no two count the same cell as the emptiest.
 */
export function join(
  database: Database,
  { participantId, studyId, version, address, consent }: Joining,
): Promise<JoinResult> {
  return joinedOr<Exclude<JoinResult, 'joined'>>(database, async (client, refuse) => {
    const participant = await lockParticipant(client, participantId);
    if (participant?.state !== 'arrived') return refuse('already-joined');
    const study = await openStudy(client, participantId, refuse);
    if (study.version !== version) refuse('changed');
    if (isInvited(participant.identity) && !(await useInvitation(client, participantId))) refuse('invitation-void');
    const { balancing, caps } = study.page;
    const stratum = stratumOf(balancing, study);
    const conditions = await activeConditions(client, studyId);
    const isWithinCap = await countStart(client, studyId, address, caps.perAddressAndDay);

    const counters = await lockCounters(client, studyId, scopesOf(conditions, stratum));
    if (isStudyFull(study, counters)) refuse('study-full');
    if (!isWithinCap) refuse('address-full');
    const question = questionOf(balancing, conditions, counters, stratum);
    const drawn = draw(question, study.seed) ?? refuse('study-full');
    const changes: Change[] = [
      ...placeTaken(drawn.condition, stratum, counters),
      { scope: 'study', name: 'draws', by: 1 },
      { scope: sequenceScope(stratum), name: 'position', by: drawn.next - question.position },
    ];
    await changeCounters(client, studyId, changes);
    const entered = await enterLine(client, participantId, { version, consent }, { ...question, ...drawn });
    if (!entered) refuse('changed');
  });
}

/**
 * The place is by the clock and not by when the transaction began: who has the lock of the counters later stands further behind.
 * False when another version was published before that lock was had.
 */
async function enterLine(
  client: Queryable,
  id: string,
  { version, consent }: Pick<Joining, 'version' | 'consent'>,
  record: DrawRecord,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `with moved as (
       update participants
       set state = 'waiting', consent = $2, consented_at = now(), queued_at = clock_timestamp(), condition = $3, draw = $4, version = $5
       where id = $1 and $5 = (select version from studies where id = study_id) returning study_id)
     insert into audit (study_id, subject, subject_id, from_state, to_state, actor)
     select study_id, 'participant', $1, step.before, step.after, 'landing'
     from moved, (values (1, 'arrived', 'consented'), (2, 'consented', 'waiting')) step(nth, before, after) order by nth`,
    [id, JSON.stringify(consent), record.condition, JSON.stringify(record), version],
  );
  return rowCount !== 0;
}
