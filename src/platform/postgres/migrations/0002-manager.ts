/** What the manager needs to follow the arrivals, and to tell what it does. */
export const sql = `
set local search_path to observatory;

alter table leadership add column reported_at timestamptz, add column report jsonb;
create index participants_arrivals on participants (arrived_at) where state = 'arrived';
`;
