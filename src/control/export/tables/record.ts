import {
  type ExportedTable,
  JSON_TEXT,
  MOMENT,
  PAGE,
  PARTICIPANT,
  participantId,
  PLATFORM,
  STUDY,
  studyId,
} from '../table.js';

const BROWSER = 'the browser';
const ofParticipants = `t.participant_id in (select id from observatory.participants where study_id = $study)`;

export const events: ExportedTable = {
  name: 'events',
  meaning: 'Each step in the notebook; docs/recording.md has each kind with its fields, precision and errors.',
  rows: 't.study_id = $study',
  order: 'participant_id, seq',
  columns: {
    study_id: studyId,
    participant_id: participantId,
    seq: { meaning: 'Its number among this participant’s events, from 1 without a gap', source: PAGE },
    type: { meaning: 'Its kind', source: PAGE },
    at: {
      meaning: 'When it happened, as wrong as the browser’s clock',
      unit: 'a moment, UTC, to the millisecond',
      source: BROWSER,
    },
    received_at: { meaning: 'When it was stored; one clock for all', unit: MOMENT, source: PLATFORM },
    clock: {
      meaning: 'When it happened, by a clock that nobody can set; compare within one `page`',
      unit: 'milliseconds since the page was opened',
      source: BROWSER,
    },
    page: { meaning: 'Which page load', source: PAGE },
    task: { meaning: 'In which task', source: STUDY },
    cell: { meaning: 'In which cell', source: STUDY },
    focus_seconds: {
      meaning: 'How long the page had been in front',
      unit: 'seconds since the page was opened',
      source: BROWSER,
    },
    data: { meaning: 'What belongs to the kind', unit: JSON_TEXT, source: PARTICIPANT },
  },
};

export const strayEvents: ExportedTable = {
  name: 'stray_events',
  meaning: 'Events of a page that another had taken over: kept apart, not part of the notebook.',
  rows: ofParticipants,
  order: 'participant_id, page, seq',
  columns: {
    participant_id: participantId,
    page: { meaning: 'Which page load', source: PAGE },
    seq: { meaning: 'Its number as that page counted', source: PAGE },
    event: { meaning: 'As it was sent', unit: JSON_TEXT, source: PAGE },
    received_at: { meaning: 'When it was stored', unit: MOMENT, source: PLATFORM },
  },
};

export const givenUp: ExportedTable = {
  name: 'given_up',
  meaning: 'Numbers that a page had announced and not sent when another took over.',
  rows: ofParticipants,
  order: 'participant_id, first_seq',
  columns: {
    participant_id: participantId,
    page: { meaning: 'Which page load', source: PAGE },
    first_seq: { meaning: 'The first of them', source: PLATFORM },
    last_seq: { meaning: 'The last of them', source: PLATFORM },
  },
};

export const snapshots: ExportedTable = {
  name: 'snapshots',
  meaning: 'The whole notebook from time to time, as it was when event `seq` had been recorded.',
  rows: 't.study_id = $study',
  order: 'participant_id, seq',
  columns: {
    study_id: studyId,
    participant_id: participantId,
    seq: { meaning: '`events.seq`; 0 before the first', source: PAGE },
    document: { meaning: 'Tasks of cells with text and outputs', unit: JSON_TEXT, source: PAGE },
    received_at: { meaning: 'When it was stored', unit: MOMENT, source: PLATFORM },
  },
};

export const submittedCode: ExportedTable = {
  name: 'submitted_code',
  meaning: 'Notebooks that scripts posted to the original’s address.',
  rows: 't.study_id = $study',
  order: 'id',
  columns: {
    id: { meaning: 'The post', source: PLATFORM },
    study_id: studyId,
    participant_id: participantId,
    status: { meaning: 'The original’s letter: b, r, n, s or f', source: 'the script' },
    reading: { meaning: 'In which version’s sense: main or dev, which swapped n and s', source: 'the script' },
    code: { meaning: 'The notebook', unit: JSON_TEXT, source: 'the script' },
    time: { meaning: 'The original’s `focusTime` and `execTime`', unit: JSON_TEXT, source: 'the script' },
    received_at: { meaning: 'When it was stored', unit: MOMENT, source: PLATFORM },
  },
};

export const submittedPastes: ExportedTable = {
  name: 'submitted_pastes',
  meaning: 'Pasted text that scripts posted to the original’s address.',
  rows: 't.study_id = $study',
  order: 'id',
  columns: {
    id: { meaning: 'The post', source: PLATFORM },
    study_id: studyId,
    participant_id: participantId,
    tasknum: { meaning: 'In which task', source: 'the script' },
    cellid: { meaning: 'In which cell', source: 'the script' },
    code: { meaning: 'The text', source: PARTICIPANT },
    received_at: { meaning: 'When it was stored', unit: MOMENT, source: PLATFORM },
  },
};
