/** Whether a version such as `1.6.3+ent` is at least `1.6`. */
export function isAtLeast(version: string, least: string): boolean {
  const plain = /^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '0';
  return plain.localeCompare(least, 'en', { numeric: true }) >= 0;
}
