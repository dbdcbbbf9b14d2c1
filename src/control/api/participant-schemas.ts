import { z } from 'zod';
import { taskKindSchema } from '../../studies/document.js';
import { states } from '../participants/list.js';
import { bigCount, change, count, moment, next, seconds } from './plain.js';

const state = z.enum(states);
const condition = z.string().nullable().describe('Its name; null before they have got one.');
const number = bigCount.describe('In the order of arrival.');
const lost = count.describe('Events that never arrived, or are kept apart.');

export const participants = z
  .object({
    count: count.describe('How many there are, on all pages.'),
    participants: z.array(
      z
        .object({
          id: z.string(),
          ...{ number, state, condition },
          identity: z.string().nullable().describe('Who it is elsewhere; null for viewers.'),
          arrivedAt: moment,
          endedAt: moment.nullable(),
          heardAt: moment.nullable().describe('The last sign of life.'),
          ...{ events: count, lost },
        })
        .meta({ id: 'ListedParticipant' }),
    ),
    next,
  })
  .meta({ id: 'Participants' });

const answers = z.record(z.string(), z.unknown());

const task = z
  .object({
    ...{ id: z.string(), title: z.string(), kind: taskKindSchema },
    openSeconds: seconds.describe('For how long pages were open at it.'),
    focusSeconds: seconds.describe('For how long of that a page had the focus.'),
    ...{ runs: count, failedRuns: count, pastes: count },
    left: z
      .enum(['next', 'skip', 'time-up', 'finish'])
      .nullable()
      .describe('How it was left last; null while it was not.'),
  })
  .meta({ id: 'TaskWork' });

const lease = z
  .object({
    instance: z.string(),
    job: z.string().nullable(),
    node: z.string().nullable(),
    state: z.string().describe('Of the instance.'),
    ...{ startedAt: moment, preparedAt: moment.nullable(), endedAt: moment.nullable() },
    reason: z.string().nullable(),
  })
  .meta({ id: 'ParticipantLease' });

const paste = z
  .object({
    seq: bigCount,
    at: moment,
    task: z.string().nullable(),
    cell: z.string().nullable(),
    characters: count,
    text: z.string().nullable().describe('The first 5,000 characters; null where the study keeps no pasted text.'),
    own: z.boolean().describe('From the notebook itself, or a mere address.'),
  })
  .meta({ id: 'Paste' });

export const participant = z
  .object({
    id: z.string(),
    ...{ number, state, condition },
    version: z.int().nullable().describe('Of the study, which they began with; null before they have got a condition.'),
    ...{ arrivedAt: moment, consentedAt: moment.nullable(), workingAt: moment.nullable(), endedAt: moment.nullable() },
    heardAt: moment.nullable().describe('The last sign of life.'),
    consent: z.unknown().describe('What was consented to; null before.'),
    origin: z.string().nullable(),
    events: count.describe('Events that were stored.'),
    missing: count.describe('Events that the page has numbered and not sent yet.'),
    lost: count.describe('Events whose contents are gone.'),
    strays: count.describe('Events of a page that was not the writer any more, which are kept apart.'),
    duplicates: count.describe('Events that came again.'),
    screening: z.object({ at: z.string(), answers, fits: z.boolean() }).nullable(),
    exit: z.object({ at: z.string(), answers }).nullable().describe('Answers to the own exit survey.'),
    who: z
      .object({ identity: z.string().nullable(), recruitment: z.record(z.string(), z.string()) })
      .nullable()
      .describe('Who it is elsewhere; null for viewers.'),
    changes: z.array(change),
    leases: z.array(lease),
    tasks: z.array(task).describe('How the participant worked; empty before they have got a notebook.'),
    pastes: z.array(paste).describe('The first 100.'),
  })
  .meta({ id: 'Participant' });

export const events = z
  .object({
    events: z.array(
      z
        .object({
          seq: count,
          type: z.string(),
          at: moment.describe('By the browser’s clock.'),
          receivedAt: moment,
          clock: z.number().describe('Milliseconds since its page was opened, by a clock that nobody can set.'),
          page: z.string(),
          task: z.string().nullable(),
          cell: z.string().nullable(),
          data: z.unknown(),
        })
        .meta({ id: 'Event' }),
    ),
    next: count.nullable().describe('What `after` of the next page is; null on the last one.'),
  })
  .meta({ id: 'Events' });
