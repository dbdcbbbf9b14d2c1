/** Only what the notebook page needs of Jupyter; no `%`, no `..`, so that nothing decodes into another path further on. */
const allowed = /^\/proxy\/([0-9a-f]{12})\/api\/(?:status|kernels|kernelspecs)(?:\/[A-Za-z0-9_-]+)*\/?$/;

/** The instance that the path of a request means, undefined when nobody may go there. */
export function instanceOfPath(uri: string): string | undefined {
  const path = uri.split('?', 1)[0] ?? '';
  return allowed.exec(path)?.[1];
}
