/** The control page leafs through a study's participants in any of its orders by an index, however many there are. */
export const sql = `
set local search_path to observatory;

-- None of these has a column that changes while somebody works.
create index participants_in_order on participants (study_id, number);
create index participants_by_state on participants (study_id, state, number);
create index participants_by_condition on participants (study_id, condition, number);
create index participants_ended on participants (study_id, ended_at, number) where ended_at is not null;
create index participants_with_losses on participants (study_id, number) where lost + strays > 0;
`;
