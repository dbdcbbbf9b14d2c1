/** What was published before gives an instance up after three hours without a sign of life, as the original did. */
export const sql = `
set local search_path to observatory;

update studies set definition = jsonb_set(definition, '{instance}', '{"idleMinutes": 180, "maxHours": null}');
`;
