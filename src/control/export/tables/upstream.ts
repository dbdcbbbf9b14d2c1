/** The original's tables, unsorted where they are large, as its own `export-db` wrote them, and the two that it did not write. */
import { type Column, type ExportedTable, JSON_TEXT, PAGE, PARTICIPANT, PLATFORM, STUDY } from '../table.js';

const LOCAL = 'a moment, UTC, without a zone';
const userid: Column = { meaning: 'The participant', source: PLATFORM };
/** Kept as a column, so that scripts find it. */
const token: Column = { meaning: 'Always empty: it opens the participant’s notebook', source: PLATFORM, sql: `''` };
const id: Column = { meaning: 'Number of the row; a participant’s rows grow with time', source: PLATFORM };

export interface UpstreamTable extends ExportedTable {
  /** The original's own export had it. */
  readonly original: boolean;
}

export const upstreamTables: readonly UpstreamTable[] = [
  {
    name: 'createdInstances',
    meaning: 'Whoever got a condition.',
    original: true,
    rows: 'true',
    order: 'id',
    columns: {
      id,
      userid,
      ip: { meaning: 'The address if it is kept, else the same number for the same address', source: PARTICIPANT },
      origin: { meaning: 'The parameter of the link; 0 where there was none', source: 'the link' },
      time: { meaning: 'Got the condition', unit: LOCAL, source: PLATFORM },
      ec2instance: { meaning: 'The job in Nomad', source: 'Nomad' },
      category: { meaning: 'The level of the first factor, from 1', source: STUDY },
      condition: { meaning: 'The condition, from 1', source: 'the balancing' },
      instanceid: { meaning: 'The last instance', source: PLATFORM },
      finished: { meaning: 'Finished the study: t or f', source: PLATFORM },
      heartbeat: { meaning: 'The page was last heard of', unit: LOCAL, source: PLATFORM },
      instanceTerminated: { meaning: 'The last instance was given back: t or f', source: PLATFORM },
      ignored: { meaning: 'Withdrawn or screened out: t or f', source: PLATFORM },
    },
  },
  {
    name: 'jupyter',
    meaning: 'The notebook at each step that the original’s page posted.',
    original: true,
    rows: 'true',
    columns: {
      id,
      userid,
      token,
      code: { meaning: 'The whole notebook', unit: JSON_TEXT, source: PARTICIPANT },
      time: { meaning: '`focusTime` in seconds, `execTime` as JSON text', unit: JSON_TEXT, source: PAGE },
      status: { meaning: 'b begun, r run, s solved, n not solved, f finished', source: PAGE },
      date: { meaning: 'When it was received', unit: LOCAL, source: PLATFORM },
    },
  },
  {
    name: 'conditions',
    meaning: 'The conditions.',
    original: true,
    rows: 'true',
    order: 'condition',
    columns: {
      category: { meaning: 'The level of the first factor, from 1', source: STUDY },
      condition: { meaning: 'The condition, from 1', source: STUDY },
      filename: { meaning: 'Made of the condition’s name', source: STUDY },
      hash: { meaning: 'Of its notebook', source: STUDY },
    },
  },
  {
    name: 'copy_pasted_code',
    meaning: 'What was pasted.',
    original: false,
    rows: 'true',
    columns: {
      id,
      userid,
      token,
      tasknum: { meaning: 'The task’s place for this participant', source: PAGE },
      cellid: { meaning: 'The cell', source: PAGE },
      code: { meaning: 'The text', source: PARTICIPANT },
      time: { meaning: 'When it was received', unit: LOCAL, source: PLATFORM },
    },
  },
  {
    name: 'consent',
    meaning: 'Who consented.',
    original: false,
    rows: 'true',
    order: 'id',
    columns: {
      id,
      userid,
      token,
      time: { meaning: 'When', unit: LOCAL, source: PLATFORM },
      accepted: { meaning: 'Always t: nothing is stored of those who did not', source: PARTICIPANT },
    },
  },
];
