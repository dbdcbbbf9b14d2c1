/** The study's files and the kernel are made ready once an instance is given out; what is not ready yet is found at once. */
export const sql = `
set local search_path to observatory;

alter table conditions add column starter_files jsonb not null default '[]';
alter table leases add column prepared_at timestamptz;
-- Whoever works already has a kernel.
update leases set prepared_at = now() where ended_at is null;
create index leases_to_prepare on leases (id) where ended_at is null and prepared_at is null;
`;
