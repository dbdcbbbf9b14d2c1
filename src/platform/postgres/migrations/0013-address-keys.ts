/** Addresses are counted by a keyed hash, and kept only where a study says so. */
export const sql = `
set local search_path to observatory;

-- A change of the type writes the table anew, so that nothing of the old addresses stays on the disk.
alter table participants alter column address drop not null, alter column address type text using null, add column address_key text;
delete from counters where scope like 'address:%';
create index counters_address on counters (scope) where scope like 'address:%';
`;
