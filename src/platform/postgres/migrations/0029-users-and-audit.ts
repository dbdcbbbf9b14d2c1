/** Passwords that are good for one sign-in, and indexes by which the audit page leafs through millions of lines. */
export const sql = `
set local search_path to observatory;

-- Until when a password that somebody else made lets its user in, to choose an own one; null for an own one.
alter table accounts.users add column one_time_until timestamptz;

-- By the number turned round, so that these alone have this order: Postgres would rather go through the primary key,
-- which reads all that came since for a study that was over long ago.
drop index audit_of_study;
create index audit_by_study on audit (study_id, (-id)) where study_id is not null;
create index audit_by_actor on audit (actor, (-id));
-- Few lines among many of participants and instances.
create index audit_by_subject on audit (subject, (-id)) where subject in ('study', 'user', 'leadership');
`;
