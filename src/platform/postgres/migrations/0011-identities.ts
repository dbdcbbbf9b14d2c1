/** Who a participant is beyond this study: the id or invitation that the link carried. */
export const sql = `
set local search_path to observatory;

alter table participants
  add column identity text,
  add column recruitment jsonb not null default '{}',
  add column origin text;
create unique index participants_identity on participants (study_id, identity) where identity is not null;

-- Tokens are kept as hashes only; who finds them here cannot enter with them.
create table invitations (
  number bigint generated always as identity primary key,
  study_id text not null references studies,
  token_hash text not null,
  issued_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  used_at timestamptz,
  used_by text references participants,
  unique (study_id, token_hash),
  check ((used_at is null) = (used_by is null)),
  check (used_at is null or revoked_at is null)
);

-- What was published before is open to whoever has the link, as it was until now.
update studies set definition = jsonb_build_object(
  'entry', '{"by": ["link"], "resume": "anywhere", "mobiles": false, "keepAddresses": false, "returnTo": {}}'::jsonb
) || definition;
`;
