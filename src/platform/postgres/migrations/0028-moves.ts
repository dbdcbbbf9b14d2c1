/** Times of tasks, recent arrivals and failures are told from these indexes alone, however much was recorded. */
export const sql = `
set local search_path to observatory;

-- About ten entries a participant: where pages were opened and tasks left, with all that their times follow from.
create index events_moves on events (study_id, participant_id, seq) include (type, at, clock, page, task, focus_seconds)
  where type in ('open', 'start', 'next', 'skip', 'time-up', 'finish');
create index instances_failed_of_study on instances (study_id, created_at desc) where state = 'failed';
create index participants_arrived on participants (arrived_at, study_id);
`;
