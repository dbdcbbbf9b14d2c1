import { type ExportedTable, JSON_TEXT, MOMENT, participantId, PLATFORM, STUDY, studyId } from '../table.js';

const MANAGER = 'the manager';
const REVISION = {
  meaning: 'What tells versions apart: SHA-256 over all that participants or the analysis get to see of it',
  source: STUDY,
};
const DEFINITION = {
  meaning: 'Texts, entry, balancing, recording, surveys and caps',
  unit: JSON_TEXT,
  source: STUDY,
};

export const studies: ExportedTable = {
  name: 'studies',
  meaning: 'The study itself, one row.',
  rows: 't.id = $study',
  order: 'id',
  columns: {
    id: { meaning: 'The study', source: STUDY },
    title: { meaning: 'As participants see it', source: STUDY },
    language: { meaning: 'Of the pages', source: STUDY },
    profile: { meaning: 'Which kind of instances it needs', source: STUDY },
    state: { meaning: 'draft, open, paused or closed, unless `live_state` says otherwise', source: 'the team' },
    live_state: { meaning: 'What the live settings say', source: 'the team' },
    definition: DEFINITION,
    revision: REVISION,
    version: { meaning: 'The version that newcomers get: `study_versions.number`', source: STUDY },
    seed: { meaning: 'What the balancing draws from', source: PLATFORM },
    created_at: { meaning: 'First published', unit: MOMENT, source: PLATFORM },
    updated_at: { meaning: 'Last changed', unit: MOMENT, source: PLATFORM },
  },
};

export const conditions: ExportedTable = {
  name: 'conditions',
  meaning: 'The cells of the design.',
  rows: 't.study_id = $study',
  order: 'number',
  columns: {
    study_id: studyId,
    number: { meaning: 'From 1, the first factor changing slowest', source: STUDY },
    name: { meaning: 'For people', source: STUDY },
    factors: { meaning: 'The level of each factor', unit: JSON_TEXT, source: STUDY },
    document: { meaning: 'The notebook as newcomers get it', unit: JSON_TEXT, source: STUDY },
    starter_files: { meaning: 'Files beside the notebook', unit: JSON_TEXT, source: STUDY },
    active: { meaning: 'Whether newcomers may get it', source: STUDY },
  },
};

export const studyFiles: ExportedTable = {
  name: 'study_files',
  meaning: 'Files that pages of the study link to.',
  rows: 't.study_id = $study',
  order: 'name',
  columns: {
    study_id: studyId,
    name: { meaning: 'The file', source: STUDY },
    type: { meaning: 'Its media type', source: STUDY },
    content: { meaning: 'Its bytes', unit: '`\\x` and two hexadecimal digits a byte', source: STUDY },
  },
  withheld: { digest: { why: 'is computed of the content' } },
};

export const instances: ExportedTable = {
  name: 'instances',
  meaning: 'Instances that were of this study, failed and stopped ones too.',
  rows: `(t.study_id = $study or exists (select from observatory.leases l where l.study_id = $study and l.instance_id = t.id))`,
  order: 'id',
  columns: {
    id: { meaning: 'The instance', source: MANAGER },
    study_id: studyId,
    profile: { meaning: 'Its kind', source: MANAGER },
    state: { meaning: 'booting, ready, leased, retiring, stopped or failed', source: MANAGER },
    reason: { meaning: 'Why it failed or was retired', source: MANAGER },
    dispatch_term: { meaning: 'The leadership that started it', source: MANAGER },
    dispatched_at: { meaning: 'When Nomad was asked for it', unit: MOMENT, source: MANAGER },
    job_id: { meaning: 'Its job in Nomad', source: 'Nomad' },
    job_version: { meaning: 'Version of the job that it was started from', source: 'Nomad' },
    node: { meaning: 'The machine', source: 'Nomad' },
    created_at: { meaning: 'Intended', unit: MOMENT, source: MANAGER },
    ready_at: { meaning: 'First reached the way a participant reaches it', unit: MOMENT, source: MANAGER },
    leased_at: { meaning: 'Given out', unit: MOMENT, source: PLATFORM },
    retired_at: { meaning: 'No longer needed', unit: MOMENT, source: PLATFORM },
    stopped_at: { meaning: 'Seen to have stopped', unit: MOMENT, source: MANAGER },
  },
};

export const leases: ExportedTable = {
  name: 'leases',
  meaning: 'Who had which instance, and when.',
  rows: 't.study_id = $study',
  order: 'id',
  columns: {
    id: { meaning: 'The lease', source: PLATFORM },
    study_id: studyId,
    participant_id: participantId,
    instance_id: { meaning: '`instances.id`', source: PLATFORM },
    started_at: { meaning: 'Given out', unit: MOMENT, source: PLATFORM },
    prepared_at: { meaning: 'Kernel and files were ready', unit: MOMENT, source: PLATFORM },
    ended_at: { meaning: 'Over', unit: MOMENT, source: PLATFORM },
    end_reason: { meaning: 'Why it ended', source: PLATFORM },
  },
};

export const counters: ExportedTable = {
  name: 'counters',
  meaning:
    'What the balancing and the loss counter count. Starts per address, which name keys of addresses, are left out.',
  rows: `t.study_id = $study and t.scope not like 'address:%'`,
  order: 'scope, name',
  columns: {
    study_id: studyId,
    scope: { meaning: 'Of what: the study, a condition, a stratum, the record', source: PLATFORM },
    name: { meaning: 'What is counted', source: PLATFORM },
    value: { meaning: 'How many', source: PLATFORM },
  },
};

export const audit: ExportedTable = {
  name: 'audit',
  meaning: 'Each change of a state, of the study, its participants and its instances.',
  rows: `(t.study_id = $study or t.subject = 'instance' and t.subject_id in
    (select i.id from observatory.instances i where i.study_id = $study union select l.instance_id from observatory.leases l where l.study_id = $study))`,
  order: 'id',
  columns: {
    id: { meaning: 'In the order of the changes', source: PLATFORM },
    study_id: studyId,
    subject: { meaning: 'study, participant, instance, …', source: PLATFORM },
    subject_id: { meaning: 'Which one', source: PLATFORM },
    from_state: { meaning: 'The state before', source: PLATFORM },
    to_state: { meaning: 'The state after', source: PLATFORM },
    actor: { meaning: 'Who or what did it', source: PLATFORM },
    reason: { meaning: 'Why', source: PLATFORM },
    at: { meaning: 'When', unit: MOMENT, source: PLATFORM },
  },
};
