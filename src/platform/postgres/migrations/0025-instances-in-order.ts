/** The control page leafs through the instances by an index, however many there were. */
export const sql = `
set local search_path to observatory;

create index instances_in_order on instances (created_at desc, id desc);
`;
