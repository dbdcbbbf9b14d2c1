/** When the study's own token service was told that a participant's token is used: who dies in between leaves that to others. */
export const sql = `
set local search_path to observatory;

alter table participants add column token_told_at timestamptz;
-- Those before were told when they came, as far as that went.
update participants set token_told_at = consented_at where identity like 'token-service:%' and consented_at is not null;
create index participants_token_untold on participants (study_id, consented_at)
  where identity like 'token-service:%' and token_told_at is null and consented_at is not null;
`;
