/** Only what the notebook page needs of Jupyter; no `%`, no `..`, so that nothing decodes into another path further on. */
const allowed = /^\/proxy\/([0-9a-f]{12})\/api\/(?:status|kernels|kernelspecs)(?:\/[A-Za-z0-9_-]+)*\/?$/;

/** Starter files: the web app alone places them. */
const placed = /^\/proxy\/([0-9a-f]{12})\/api\/files\/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/** The instance that the path of a participant's request means, undefined when no participant may go there. */
export function instanceOfPath(uri: string): string | undefined {
  const path = uri.split('?', 1)[0] ?? '';
  return allowed.exec(path)?.[1];
}

/** The same for the platform itself, which tries instances and makes them ready. */
export function instanceOfOwnPath(uri: string): string | undefined {
  return instanceOfPath(uri) ?? placed.exec(uri)?.[1];
}
