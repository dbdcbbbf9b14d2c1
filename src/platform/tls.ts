import { readFileSync } from 'node:fs';

/** Paths of PEM files; what is absent is left to Node. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Their contents, as an https agent takes them. */
export function readTls({ ca, cert, key }: TlsFiles) {
  const file = (name: string | undefined) => (name === undefined ? undefined : readFileSync(name));
  return { ca: file(ca), cert: file(cert), key: file(key) };
}
