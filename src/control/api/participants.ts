import { z } from 'zod';
import { mayAct } from '../access/role.js';
import type { Caller } from '../access/tokens.js';
import { readChanges } from '../changes.js';
import { askedText, MAX_ASKED } from '../asked-text.js';
import { cursorOf, cursorText } from '../participants/asked.js';
import { PERSON_TYPE, personData } from '../participants/download.js';
import { personOf } from '../participants/found.js';
import { erasePerson, MAX_REASON, withdrawPerson } from '../participants/leaving.js';
import { countParticipants, listParticipants, type Order, states } from '../participants/list.js';
import { type Person, readLeases } from '../participants/person.js';
import { readEvents } from '../participants/record.js';
import { firstDocument, readPastes, readWork } from '../participants/work.js';
import { type ApiParts, download, type Endpoint, endpoint } from './endpoint.js';
import { events, participant, participants } from './participant-schemas.js';
import { place, wholeNumber } from './plain.js';
import { unknownPlace } from './problem.js';

const ALL = '/studies/:study/participants';
const ONE = `${ALL}/:participant` as const;

const wanted = z.strictObject({
  search: z
    .string()
    .max(MAX_ASKED)
    .default('')
    .describe(
      'An id or its first characters (at least 3), a number, or, with the role researcher, who somebody is elsewhere.',
    ),
  state: z.enum(states).optional(),
  condition: wholeNumber(1).optional().describe('Its number.'),
  losses: z.literal('true').optional().describe('Only those of whom events are lost or kept apart.'),
  order: z.enum(['newest', 'oldest', 'ended'] satisfies Order[]).default('newest'),
  after: place.optional(),
});

const reason = z.string().max(MAX_REASON).describe('Is kept, so it must not name the participant.');

interface Named extends Pick<Caller, 'visitor'> {
  readonly path: { readonly study: string; readonly participant: string };
  readonly parts: Pick<ApiParts, 'database'>;
}

const found = ({ path, visitor, parts: { database } }: Named): Promise<Person> =>
  personOf(database, visitor, path.study, path.participant);

/** As the participant's page shows them. */
async function described({ parts: { database } }: Named, person: Person) {
  const document = await firstDocument(database, person.id);
  const [changes, leases, pastes, tasks] = await Promise.all([
    readChanges(database, 'participant', person.id, null),
    readLeases(database, person.id),
    readPastes(database, person.id),
    document ? readWork(database, person.id, document) : [],
  ]);
  return { ...person, changes, leases, pastes, tasks };
}

const list = endpoint({
  method: 'GET',
  path: ALL,
  needs: 'viewer',
  name: 'listParticipants',
  summary: 'Participants of a study, 50 on a page',
  query: wanted,
  answer: participants,
  async handle({ path: { study }, query, visitor, parts: { database } }) {
    const { state = null, condition = null, order } = query;
    const after = query.after === undefined ? null : cursorOf(query.after, order);
    if (query.after !== undefined && after === null) throw unknownPlace();
    const losses = query.losses !== undefined;
    const asked = { search: askedText(query.search), state, condition, losses, order, after };
    const seesIdentities = mayAct(visitor.role, 'researcher');
    const [{ people, next }, count] = await Promise.all([
      listParticipants(database, study, asked, seesIdentities),
      countParticipants(database, study, asked, seesIdentities),
    ]);
    return { count, participants: people, next: next && cursorText(next) };
  },
});

const one = endpoint({
  method: 'GET',
  path: ONE,
  needs: 'viewer',
  name: 'readParticipant',
  summary: 'A participant: what became of them, their work, instances and answers',
  answer: participant,
  handle: async (asked) => described(asked, await found(asked)),
});

const recorded = endpoint({
  method: 'GET',
  path: `${ONE}/events`,
  needs: 'viewer',
  name: 'readEvents',
  summary: 'What was recorded of a participant, as the replay reads it',
  description:
    'In the order of their numbers, up to 2,000 events or 500 kB on a page. Scrolling, resizing and copying are left out; the export has them. docs/recording.md says what each kind is.',
  query: z.strictObject({ after: wholeNumber(0).default(0).describe('Events behind this number.') }),
  answer: events,
  async handle(asked) {
    const { id } = await found(asked);
    const page = await readEvents(asked.parts.database, id, asked.query.after);
    return { events: page, next: page.at(-1)?.seq ?? null };
  },
});

const own = download({
  method: 'GET',
  path: `${ONE}/data`,
  needs: 'researcher',
  name: 'exportParticipant',
  summary: 'All data of one participant, as JSON lines',
  description:
    'What somebody gets who asks for their own data: a line a row, with the columns of the export. It is noted in the audit.',
  file: PERSON_TYPE,
  async handle(asked) {
    const { id } = await found(asked);
    const { study } = asked.path;
    const content = await personData(asked.parts.database, { study, id, actor: asked.visitor.name });
    return { fileName: `${study}-${id}.jsonl`, content };
  },
});

const withdraw = endpoint({
  method: 'POST',
  path: `${ONE}/withdraw`,
  needs: 'researcher',
  name: 'withdrawParticipant',
  summary: 'Take a participant out of the study; their data stays',
  body: z.strictObject({ reason: reason.default('') }).meta({ id: 'Withdrawal' }),
  answer: participant,
  refusals: { 409: 'They have left already.' },
  async handle(asked) {
    const { database } = asked.parts;
    await withdrawPerson(database, await found(asked), { reason: asked.body.reason, actor: asked.visitor.name });
    return described(asked, await found(asked));
  },
});

const erase = endpoint({
  method: 'POST',
  path: `${ONE}/erase`,
  needs: 'researcher',
  name: 'eraseParticipant',
  summary: 'Remove all data of a participant for good',
  description:
    'There is no way back. Backups and exports made before are yours to remove. What stays is the reason, and who did it.',
  body: z.strictObject({ reason: reason.min(1) }).meta({ id: 'Erasure' }),
  answer: z.object({ erased: z.string().describe('The id that they had.') }).meta({ id: 'Erased' }),
  async handle(asked) {
    const { id, ...person } = await found(asked);
    await erasePerson(
      asked.parts.database,
      { id, ...person },
      { reason: asked.body.reason, actor: asked.visitor.name },
    );
    return { erased: id };
  },
});

export const participantEndpoints: readonly Endpoint[] = [list, one, recorded, own, withdraw, erase];
