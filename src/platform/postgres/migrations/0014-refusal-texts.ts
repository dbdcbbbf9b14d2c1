/** What was published before has no words of its own for who cannot take part. */
export const sql = `
set local search_path to observatory;

update studies set definition = jsonb_set(definition, '{texts,refusals}', '{}');
`;
