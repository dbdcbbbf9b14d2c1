/** Files of a study that pages only link to, apart from the row that each page reads. */
export const sql = `
set local search_path to observatory;

create table study_files (
  study_id text not null references studies on delete cascade,
  name text not null,
  type text not null,
  content bytea not null,
  digest text not null generated always as (encode(sha256(content), 'hex')) stored,
  primary key (study_id, name)
);

update studies set definition = jsonb_set(definition, '{texts,consentPdf}', 'false');
`;
