import {
  type Column,
  type ExportedTable,
  JSON_TEXT,
  MOMENT,
  PARTICIPANT,
  participantId,
  PLATFORM,
  STUDY,
  studyId,
} from '../table.js';

const LINK = 'the link by which they came';

export const participants: ExportedTable = {
  name: 'participants',
  meaning: 'Whoever came to the consent form or further, one row each.',
  rows: 't.study_id = $study',
  order: 'id',
  columns: {
    id: { meaning: 'The participant; the original’s `userid`', source: `${PLATFORM}, or the pair of the link` },
    number: { meaning: 'Numbers who arrived, over all studies', source: PLATFORM },
    study_id: studyId,
    state: {
      meaning: 'arrived, consented, waiting, working; at the end finished, abandoned, withdrawn or screened',
      source: PLATFORM,
    },
    condition: { meaning: '`conditions.number`; empty until they consent', source: 'the balancing' },
    version: {
      meaning: 'The version of the study that they began with: `study_versions.number`; empty until they consent',
      source: PLATFORM,
    },
    draw: {
      meaning: 'What the balancing saw and drew, enough to do it again',
      unit: JSON_TEXT,
      source: 'the balancing',
    },
    identity: {
      meaning:
        'Who they are beyond the study, as `<way in>:<id>`; empty for open links and invitations (see `invitations.used_by`)',
      source: LINK,
      sql: `case when t.identity not like 'invitation:%' then t.identity end`,
    },
    recruitment: {
      meaning: 'The parameters of the recruiting service, without LimeSurvey’s `tok`, which is a secret',
      unit: JSON_TEXT,
      source: LINK,
      sql: `t.recruitment - 'tok'`,
    },
    origin: { meaning: 'The parameter `origin`', source: LINK },
    address: { meaning: 'IP address; empty unless the study keeps addresses', source: PARTICIPANT },
    consent: { meaning: 'What was ticked', unit: JSON_TEXT, source: PARTICIPANT },
    arrived_at: { meaning: 'The consent form was first shown', unit: MOMENT, source: PLATFORM },
    consented_at: { meaning: 'The consent form was accepted', unit: MOMENT, source: PLATFORM },
    token_told_at: {
      meaning: 'The study’s token service was told that the token is used',
      unit: MOMENT,
      source: PLATFORM,
    },
    queued_at: { meaning: 'Got a condition, and a place in the line for an instance', unit: MOMENT, source: PLATFORM },
    working_at: { meaning: 'Got the first instance', unit: MOMENT, source: PLATFORM },
    ended_at: { meaning: 'Reached one of the states at the end', unit: MOMENT, source: PLATFORM },
    heartbeat_at: { meaning: 'The page was last heard of', unit: MOMENT, source: PLATFORM },
    last_seq: { meaning: 'Number of the last event that is stored', source: PLATFORM },
    highest_seq: {
      meaning: 'Highest number that the page spoke of; what it is ahead of `last_seq` is missing',
      source: PLATFORM,
    },
    duplicates: { meaning: 'Events that were sent again and not stored twice', unit: 'events', source: PLATFORM },
    lost: { meaning: 'Events without contents', unit: 'events', source: PLATFORM },
    strays: { meaning: 'Events kept apart in `stray_events`', unit: 'events', source: PLATFORM },
    page: { meaning: 'The page load that writes, or wrote last', source: PLATFORM },
  },
  withheld: {
    token: {
      why: 'opens the participant’s notebook; an import makes another',
      imported: `(select string_agg(substr('abcdefghijklmnopqrstuvwxyz0123456789', 1 + get_byte(uuid_send(gen_random_uuid()), 15) % 36, 1), '')
        from generate_series(1, 12) where t.id is not null)`,
    },
    address_key: { why: 'recognises an address, with the deployment’s secret' },
  },
};

export const invitations: ExportedTable = {
  name: 'invitations',
  meaning: 'Single-use links that were issued.',
  rows: 't.study_id = $study',
  order: 'number',
  columns: {
    number: { meaning: 'The invitation', source: PLATFORM },
    study_id: studyId,
    issued_at: { meaning: 'When it was made', unit: MOMENT, source: PLATFORM },
    expires_at: { meaning: 'Until when it can be used; empty for ever', unit: MOMENT, source: 'who issued it' },
    revoked_at: { meaning: 'When it was taken back', unit: MOMENT, source: PLATFORM },
    used_at: { meaning: 'When it was used', unit: MOMENT, source: PLATFORM },
    used_by: { meaning: 'Who came with it: `participants.id`', source: PLATFORM },
  },
  withheld: { token_hash: { why: 'recognises the link', imported: `'imported ' || t.number` } },
};

/** Of those who answered questions of the study, but the moment, which stands last. */
const answered: ExportedTable['columns'] = {
  participant_id: participantId,
  study_id: studyId,
  revision: { meaning: 'Version of the study whose questions were answered', source: STUDY },
  answers: {
    meaning: 'By the question’s id; a question left empty is missing',
    unit: JSON_TEXT,
    source: PARTICIPANT,
  },
};
const answeredAt: Column = { meaning: 'When they were sent', unit: MOMENT, source: PLATFORM };

export const answers: ExportedTable = {
  name: 'answers',
  meaning: 'Answers to the exit survey on a page of the platform’s own, one row a participant.',
  rows: 't.study_id = $study',
  order: 'participant_id',
  columns: {
    ...answered,
    answered_at: answeredAt,
  },
};

export const screenings: ExportedTable = {
  name: 'screenings',
  meaning: 'Answers to the questions before the consent form, one row a participant.',
  rows: 't.study_id = $study',
  order: 'participant_id',
  columns: {
    ...answered,
    fits: { meaning: 'Whether they may take part', source: PLATFORM },
    answered_at: answeredAt,
  },
};

export const erased: ExportedTable = {
  name: 'erased',
  meaning: 'Participants whose data was erased: that there was one, and nothing of who it was',
  rows: 't.study_id = $study',
  order: 't.number',
  columns: {
    number: { meaning: 'In the order of erasing, over all studies', source: PLATFORM },
    study_id: studyId,
    condition: { meaning: 'The condition: `conditions.number`; empty where none was drawn', source: PLATFORM },
    state: { meaning: 'In which state the participant was', source: PLATFORM },
    actor: {
      meaning: 'Who erased: a user of the control page, `operator`, or `control` by the study’s rule',
      source: PLATFORM,
    },
    reason: { meaning: 'Why, in words', source: PLATFORM },
    at: { meaning: 'When', unit: MOMENT, source: PLATFORM },
  },
};
