/** What whoever joins and whoever comes back have in common. */
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { entryTime } from '../studies/entry.js';
import type { StudyPage } from '../studies/revision.js';
import { type Change, conditionScope, type Counters, placeScopes } from './counters.js';
import { stateInForce } from './study-state.js';

export type Refused = 'already-joined' | 'paused' | 'not-open' | 'study-full';

/** Thrown to roll the transaction back; never leaves `joinedOr`. */
class NotJoined extends Error {
  constructor(readonly result: string) {
    super(result);
  }
}

/** `refuse` ends the work, and nothing of it stays. */
export async function joinedOr<Result extends string>(
  database: Database,
  work: (client: Queryable, refuse: (result: Result) => never) => Promise<void>,
): Promise<Result | 'joined'> {
  const refuse = (result: Result): never => {
    throw new NotJoined(result);
  };
  try {
    await transaction(database, (client) => work(client, refuse));
    return 'joined';
  } catch (error) {
    if (error instanceof NotJoined) return error.result as Result;
    throw error;
  }
}

export interface JoinableStudy {
  /** The current one. */
  readonly version: number;
  readonly state: string;
  readonly page: StudyPage;
  readonly seed: string;
  /** What the participant's link said. */
  readonly origin: string | null;
  readonly recruitment: Readonly<Record<string, string>>;
}

/** The participant's study, for as long as it takes participants. */
export async function openStudy(
  client: Queryable,
  participantId: string,
  refuse: (result: 'paused' | 'not-open') => never,
): Promise<JoinableStudy> {
  const { rows } = await client.query<JoinableStudy>(
    `select s.state, s.version, s.page, s.seed, p.origin, p.recruitment
     from participants p join (select id, ${stateInForce} as state, version, definition as page, seed from studies) s on s.id = p.study_id
     where p.id = $1`,
    [participantId],
  );
  const study = rows[0];
  if (study?.state === 'paused') refuse('paused');
  if (study?.state !== 'open' || entryTime(study.page.entry, new Date()) !== 'open') return refuse('not-open');
  return study;
}

export function isStudyFull({ page }: JoinableStudy, counters: Counters): boolean {
  const { maxParticipants } = page.caps;
  return maxParticipants !== null && counters.taken('study') >= maxParticipants;
}

/** One more in flight; whoever takes a place that was given back leaves one less of these. */
export function placeTaken(condition: number, stratum: string | null, counters: Counters): Change[] {
  const own = conditionScope(condition, stratum);
  const isGivenBack = counters.get(own, 'givenBack') > 0;
  return [
    ...placeScopes(condition, stratum).map((scope) => ({ scope, name: 'inFlight', by: 1 }) as const),
    ...(isGivenBack ? [{ scope: own, name: 'givenBack', by: -1 } as const] : []),
  ];
}
