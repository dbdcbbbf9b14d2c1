/** What is wrong with the migrations that a database has, undefined when they are exactly those that this version knows. */
export function schemaProblem(
  applied: readonly number[],
  known: readonly number[],
): { readonly answer: string; readonly advice: string } | undefined {
  const newest = Math.max(0, ...known);
  const found = Math.max(0, ...applied);
  if (applied.length === 0)
    return { answer: 'nobody has migrated this database', advice: 'Run `observatory migrate`.' };
  if (found > newest) {
    return {
      answer: `the database is at migration ${found}, but this version of the Observatory knows only up to ${newest}`,
      advice: 'Run the version that migrated it, or a newer one.',
    };
  }
  const missing = known.filter((version) => !applied.includes(version));
  if (missing.length === 0) return undefined;
  const what = missing.length === 1 ? 'migration' : 'migrations';
  return { answer: `${what} ${missing.join(', ')} of ${newest} missing`, advice: 'Run `observatory migrate`.' };
}
