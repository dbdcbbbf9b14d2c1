/** What the live settings say of a study stands beside its own state, so that it is given back when they say nothing any more. */
export const sql = `
set local search_path to observatory;

alter table studies add column live_state text check (live_state in ('open', 'paused'));
`;
