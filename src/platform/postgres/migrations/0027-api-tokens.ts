/** Tokens of the control area's HTTP API, and the audit of a study by pages. */
export const sql = `
create table accounts.tokens (
  -- SHA-256: whoever reads this table cannot ask with what is in it.
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  user_name text not null references accounts.users on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
  read_only boolean not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  unique (user_name, name)
);

create index audit_of_study on observatory.audit (study_id, id);
`;
