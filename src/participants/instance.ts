/** Of a row of `instances`, in SQL: it may have a process, as it is neither stopped nor failed with its process gone. */
export const mayRun = `state <> 'stopped' and (state <> 'failed' or stopped_at is null)`;
