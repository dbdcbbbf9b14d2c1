/** Taking a participant out of a study, or erasing them, as whoever may do it decides. */
import { erase } from '../../participants/erase.js';
import { leave } from '../../participants/leave.js';
import { type Database, transaction } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import type { Person } from './person.js';

export interface Decided {
  /** As it was typed. */
  readonly reason: string;
  readonly actor: string;
}

export const hasLeft = ({ state }: Person): boolean => state === 'withdrawn' || state === 'screened';

export const leftAlready = ({ state }: Person): Refusal =>
  new Refusal(409, 'left-already', `This participant has left the study already: ${state}.`);

export async function withdrawPerson(database: Database, person: Person, { reason, actor }: Decided): Promise<void> {
  const leaving = { participant: person.id, to: 'withdrawn', actor } as const;
  const why = kept(reason, person) || 'by the team';
  if (!(await transaction(database, (client) => leave(client, { ...leaving, reason: why })))) throw leftAlready(person);
}

export async function erasePerson(database: Database, person: Person, { reason, actor }: Decided): Promise<void> {
  const why = kept(reason, person);
  if (why === '') throw new Refusal(400, 'no-reason', 'Say why: the reason is what is kept. Nothing was erased.');
  await erase(database, { participant: person.id, actor, reason: why });
}

export const MAX_REASON = 200;

/** It outlives the participant's data, so it must not name them. */
function kept(typed: string, { id, who }: Person): string {
  const reason = typed
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_REASON);
  const names = [id, ...Object.values(who?.recruitment ?? {}), who?.identity?.replace(/^[^:]*:/, '') ?? ''];
  if (names.some((name) => name.length > 3 && reason.toLowerCase().includes(name.toLowerCase())))
    throw new Refusal(400, 'reason-names', 'The reason names the participant, and it is kept. Say it without.');
  return reason;
}
