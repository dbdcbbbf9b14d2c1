import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of PEM files, and what stands in them. */
export interface Certificates {
  readonly folder: string;
  readonly files: Readonly<Record<'ca' | 'cert' | 'key', string>>;
  readonly texts: Readonly<Record<'ca' | 'cert' | 'key', string>>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
/** The names by which agents of Nomad and Consul know each other, and the address that all else uses. */
const names = [
  ...['server.global.nomad', 'client.global.nomad', 'server.dc1.consul', 'localhost'].map((name) => `DNS:${name}`),
  'IP:127.0.0.1',
];

/** An authority of this run alone and one certificate, under the names that our agent snippets give them. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true });
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  await openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test-ca');
  await openssl('req', ...newKey, '-keyout', 'agent.key', '-out', 'agent.csr', '-subj', '/CN=agent');
  await writeFile(path.join(folder, 'names'), `subjectAltName=${names.join(',')}\n`);
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2'];
  await openssl('x509', '-req', '-in', 'agent.csr', ...signing, '-out', 'agent.crt');
  const files = { ca: 'ca.crt', cert: 'agent.crt', key: 'agent.key' };
  const paths = Object.entries(files).map(([name, file]) => [name, path.join(folder, file)] as const);
  const texts = await Promise.all(paths.map(async ([name, file]) => [name, await readFile(file, 'utf8')] as const));
  return {
    folder,
    files: Object.fromEntries(paths) as Certificates['files'],
    texts: Object.fromEntries(texts) as Certificates['texts'],
  };
}
