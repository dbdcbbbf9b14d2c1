/** The next instance to be given out is the first of an index, however many are ready. */
export const sql = `
set local search_path to observatory;

create index instances_ready on instances (profile, ready_at) where state = 'ready';
`;
