/** What the 100,000th instance leaves behind is not read again by each pass, nor what the 100,000th participant had by each page. */
export const sql = `
set local search_path to observatory;

create index instances_may_run on instances (profile, created_at) where state <> 'stopped' and (state <> 'failed' or stopped_at is null);
create index instances_failed on instances (created_at) where state = 'failed';
create index leases_had on leases (participant_id, instance_id);
`;
