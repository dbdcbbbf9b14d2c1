import { issueInvitations } from '../../src/participants/invitations.js';
import type { Database } from '../../src/platform/postgres/database.js';
import type { Study } from '../../src/studies/read.js';

/** A text that a CSV, a line of JSON or a spreadsheet may stumble on. */
export const HOSTILE = `a,"b"\r\n'c'\n=1+1\t\\.\n\u2028é🙂 ${'x'.repeat(200)}`;

/** A row of what made-up participants do not leave, so that no table is empty. */
export async function addTheRest(database: Database, study: Study): Promise<void> {
  const who = 'made00000001';
  const add = (text: string, values: unknown[] = [study.id, who]) => database.query(text, values);
  await issueInvitations(database, { studyId: study.id, count: 3, expires: null, pairs: false });
  await add(
    `update participants p set identity = 'invitation:' || i.token_hash from (select token_hash from invitations limit 1) i where study_id = $1 and id = $2`,
  );
  await add(
    `update participants set identity = 'limesurvey:7', recruitment = '{"uid": "7", "tok": "survey-secret"}' where id = $1`,
    ['made00000002'],
  );
  await add(
    `insert into answers (participant_id, study_id, revision, answers) values ($2, $1, 'r', '{"more": "answered with care"}')`,
  );
  await add(
    `insert into screenings (participant_id, study_id, revision, answers, fits) values ($2, $1, 'r', '{"python": "Yes"}', true)`,
  );
  await add(
    `insert into submitted_code (study_id, participant_id, status, code, time) values ($1, $2, 'r', '{"cells": ["answered with care"]}', null)`,
  );
  await add(
    `insert into submitted_pastes (study_id, participant_id, tasknum, cellid, code, received_at) values ($1, $2, '1', 'c', $3, '2026-11-02 03:04:05.678901+00')`,
    [study.id, who, HOSTILE],
  );
  await add(`insert into stray_events (participant_id, page, seq, event) values ($1, 'p', 4, '{"a": null}')`, [who]);
  await add(`insert into given_up values ($1, 'p', 4, 5)`, [who]);
  await add(
    `insert into study_files (study_id, name, type, content) values ($1, 'form.pdf', 'application/pdf', '\\x00ff0a')`,
    [study.id],
  );
  await add(`insert into erased (study_id, state, actor, reason) values ($1, 'finished', 'operator', 'asked to')`, [
    study.id,
  ]);
  await add(`insert into counters values ($1, 'address:2026-11-25', 'network 1', 1)`, [study.id]);
}
