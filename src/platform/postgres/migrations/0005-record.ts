/** What a participant's record is kept in, and what already published studies choose of it. */
export const sql = `
set local search_path to observatory;

-- Of events that were stored before, no page's clock is known.
alter table events add column clock double precision not null default 0 check (clock >= 0);
alter table events alter column clock drop default;

-- What a study records is read as it was stored, so what was published before says it too: all of it, as it was until now.
update studies set definition = jsonb_build_object(
  'notebook', '{"earlierTasks": "open", "completion": true, "askForSource": true}'::jsonb,
  'record', '{"keystrokes": true, "pastes": true, "copies": true, "focus": true, "scrolling": true, "window": true}'::jsonb
) || definition;
`;
