import { z } from 'zod';
import { formatSchema } from '../export/manifest.js';
import { leaving, steps } from '../study/funnel.js';
import { foundStudy, moveStudy, studyStates } from '../study/change.js';
import { listStudies, type StudyView } from '../study/study.js';
import { studiesSeen } from '../access/role.js';
import { download, type Endpoint, endpoint } from './endpoint.js';
import { count } from './plain.js';

const head = {
  id: z.string(),
  title: z.string(),
  state: z.enum(studyStates).describe('Its own.'),
  liveState: z
    .enum(['open', 'paused'])
    .nullable()
    .describe('What the live settings say, which is in force above its own; null when they say nothing.'),
  profile: z.string().describe('Of its instances.'),
  version: z.int().describe('The one that newcomers get.'),
  revision: z.string().describe('What tells that version from others.'),
};

const cell = z
  .object({
    number: z.int(),
    name: z.string(),
    active: z.boolean().describe('False: the study’s files have it no longer, and nobody gets it.'),
    ...{ inFlight: count, completed: count },
    quota: count.nullable(),
    left: count.describe('Abandoned, withdrawn or screened after they had got it.'),
  })
  .meta({ id: 'Condition' });

const step = z
  .object({
    step: z.enum(steps),
    reached: count.describe('Participants who came at least so far.'),
    now: count.describe('Those of them who are at this step now.'),
    left: z.object({ abandoned: count, withdrawn: count, screened: count } satisfies Record<
      (typeof leaving)[number],
      unknown
    >),
  })
  .meta({ id: 'FunnelStep' });

const study = z
  .object({
    ...head,
    entryTime: z.enum(['early', 'open', 'late']).describe('Whether now is within the times that the study names.'),
    strategy: z.string().describe('How conditions are given out.'),
    maxParticipants: count.nullable(),
    taken: count.describe('In flight and completed: what the caps count.'),
    lost: count.describe('Events that never arrived, or are kept apart.'),
    funnel: z.object({
      steps: z.array(step),
      byCondition: z
        .array(z.object({ condition: z.int().describe('Its number.'), steps: z.array(step) }))
        .describe('The same of those who have got a condition.'),
    }),
    cells: z.array(cell).describe('The conditions, with their balance.'),
  })
  .meta({ id: 'Study' });

const studies = z.object({ studies: z.array(z.object(head).meta({ id: 'StudyHead' })) }).meta({ id: 'Studies' });

const stateChange = z
  .strictObject({
    from: z.enum(studyStates).describe('As you have seen it; when it is another by now, nothing is changed.'),
    to: z.enum(['open', 'paused', 'closed']),
  })
  .meta({ id: 'StateChange' });

const told = (view: StudyView) => ({
  ...view,
  funnel: {
    steps: view.funnel.steps,
    byCondition: [...view.funnel.byCondition].map(([condition, own]) => ({ condition, steps: own })),
  },
});

export const studyEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/studies',
    needs: 'viewer',
    name: 'listStudies',
    summary: 'The studies that the token’s user sees',
    answer: studies,
    handle: async ({ visitor, parts: { database } }) => ({
      studies: await listStudies(database, studiesSeen(visitor)),
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/studies/:study',
    needs: 'viewer',
    name: 'readStudy',
    summary: 'A study: its state, funnel, conditions and balance',
    answer: study,
    handle: async ({ path, parts: { database } }) => told(await foundStudy(database, path.study)),
  }),
  endpoint({
    method: 'POST',
    path: '/studies/:study/state',
    needs: 'researcher',
    name: 'changeStudyState',
    summary: 'Open, pause or close a study',
    description:
      'Whoever has consented already goes on to the end. What the live settings say stays in force above it. A draft can be opened, an open study paused or closed, a paused one opened or closed, a closed one opened.',
    body: stateChange,
    answer: study,
    refusals: { 409: 'The study is not in the state `from`, or cannot become `to` from there.' },
    async handle({ path, body, visitor, parts: { database } }) {
      await moveStudy(database, { study: path.study, ...body, actor: visitor.name });
      return told(await foundStudy(database, path.study));
    },
  }),
  download({
    method: 'GET',
    path: '/studies/:study/export',
    needs: 'researcher',
    name: 'exportStudy',
    summary: 'All data of a study as a zip, sent while it is made',
    description:
      'The same as `observatory export` writes, of one moment. Its last file, `manifest.json`, is missing when the download broke off. It is noted in the audit.',
    query: z.strictObject({
      format: formatSchema.default('native').describe('`upstream`: tables under the names of the original.'),
    }),
    file: 'application/zip',
    refusals: { 503: 'Other exports are being made; ask again in a few minutes.' },
    handle: ({ path, query, visitor, parts }) =>
      parts.exports.start({ study: path.study, format: query.format, actor: visitor.name }),
  }),
];
