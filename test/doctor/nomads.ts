import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Cache } from '../../src/local/cache.js';
import type { Cleanup } from '../../src/local/cleanup.js';
import { answers } from '../../src/local/http-probe.js';
import { findOnPath } from '../../src/local/binaries.js';
import { standInEnvironment } from '../../src/local/jupyter.js';
import { startStandIn } from '../../src/local/nomad/standin.js';
import { freePort } from '../../src/local/ports.js';
import { ManagedProcess } from '../../src/local/process.js';
import { packageRoot } from '../../src/platform/root.js';
import { poll } from '../poll.js';
import { startProxy } from './proxy.js';

export const least = ['list-jobs', 'read-job', 'dispatch-job', 'submit-job', 'read-logs'];
/** What the policy that we ship for the manager gives. */
export const managers = capabilitiesOf(path.join(packageRoot, 'jobs/policies/manager.hcl'));
/** And for the web app. */
export const webs = capabilitiesOf(path.join(packageRoot, 'jobs/policies/web.hcl'));
export const MANAGEMENT = '5f0c7d4e-0000-4000-8000-000000000002';

export interface NomadUnderTest {
  readonly address: string;
  /** A token with these capabilities on the namespace `default`, and nothing else. */
  token(capabilities: readonly string[]): Promise<string>;
  /** Ends the process, as a fault. */
  stop(): Promise<void>;
}

export interface NomadOptions {
  readonly runDir: string;
  readonly cleanup: Cleanup;
  readonly consulUrl: string;
  /** Nomad's own token in Consul. */
  readonly consulToken: string;
}

export const nomads = {
  'the stand-in': startStandInWithTokens,
  ...(findOnPath(['nomad']) === undefined ? {} : { 'a real Nomad': startAgent }),
};

const withoutDispatch = least.filter((capability) => capability !== 'dispatch-job');
const standInTokens = new Map([
  [least.join(), 'least-of-the-stand-in'],
  [managers.join(), 'managers-of-the-stand-in'],
  [webs.join(), 'webs-of-the-stand-in'],
  [['read-job'].join(), 'without-logs-of-the-stand-in'],
  [withoutDispatch.join(), 'without-dispatch-of-the-stand-in'],
]);

async function startStandInWithTokens({
  runDir,
  cleanup,
  consulUrl,
  consulToken,
}: NomadOptions): Promise<NomadUnderTest> {
  const { python } = await standInEnvironment(new Cache(undefined, () => undefined));
  // The stand-in has no token for Consul.
  const consul = await startProxy(consulUrl, { headers: { 'x-consul-token': consulToken } });
  const tokens = [...standInTokens].map(([capabilities, secret]) => ({
    secret,
    name: secret,
    namespaces: { default: capabilities.split(',') },
  }));
  const standIn = await startStandIn({
    port: 0,
    consulAddr: consul.address,
    dataDir: path.join(runDir, 'nomad'),
    python,
    tokens: [...tokens, { secret: MANAGEMENT, name: 'management', management: true }],
  });
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= standIn.stop().then(() => consul.stop()));
  cleanup.add({ name: 'nomad stand-in', stop });
  return {
    address: standIn.address,
    token: (capabilities) => {
      const secret = standInTokens.get(capabilities.join());
      if (secret === undefined) throw new Error(`the stand-in was not started with a token for ${capabilities.join()}`);
      return Promise.resolve(secret);
    },
    stop,
  };
}

async function startAgent({ runDir, cleanup, consulUrl, consulToken }: NomadOptions): Promise<NomadUnderTest> {
  const [http, rpc, serf] = [await freePort(), await freePort(), await freePort()];
  const file = path.join(runDir, 'nomad.json');
  await writeFile(
    file,
    JSON.stringify({
      bind_addr: '127.0.0.1',
      ports: { http, rpc, serf },
      consul: { address: new URL(consulUrl).host, token: consulToken },
      acl: { enabled: true },
      plugin: { raw_exec: { config: { enabled: true } } },
    }),
  );
  const binary = findOnPath(['nomad'])!;
  const spec = {
    name: 'nomad',
    command: binary,
    args: ['agent', '-dev', `-config=${file}`],
    stopSignal: 'SIGINT' as const,
  };
  const agent = await ManagedProcess.start({ ...spec, logDir: path.join(runDir, 'logs') }, cleanup);
  const address = `http://127.0.0.1:${http}`;
  await agent.waitUntilReady(() => answers(`${address}/v1/agent/health`), 60_000);
  const put = async (route: string, body: object): Promise<Response> =>
    fetch(`${address}${route}`, {
      method: 'PUT',
      headers: { 'X-Nomad-Token': MANAGEMENT },
      body: JSON.stringify(body),
    });
  await poll(
    'Nomad takes the first token',
    async () => (await put('/v1/acl/bootstrap', { BootstrapSecret: MANAGEMENT })).status === 200,
    60,
  );
  return {
    address,
    async token(capabilities) {
      const name = capabilities.join('-');
      const rules = `namespace "default" { capabilities = ${JSON.stringify(capabilities)} }`;
      await put(`/v1/acl/policy/${name}`, { Name: name, Rules: rules });
      const made = await put('/v1/acl/token', { Name: name, Type: 'client', Policies: [name] });
      return ((await made.json()) as { SecretID: string }).SecretID;
    },
    stop: () => agent.stop(),
  };
}

/** What the job file says, registered as an operator would. */
export async function registerJob(address: string, file: string, variables: string): Promise<void> {
  const call = async (route: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${address}${route}`, {
      method: 'PUT',
      headers: { 'X-Nomad-Token': MANAGEMENT, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`${route}: ${await answer.text()}`);
    return answer.json();
  };
  const JobHCL = await readFile(file, 'utf8');
  const job = await call('/v1/jobs/parse', { JobHCL, Variables: variables, Canonicalize: true });
  await call('/v1/jobs', { Job: job });
}

function capabilitiesOf(policy: string): string[] {
  const list = /capabilities = (\[.*\])/.exec(readFileSync(policy, 'utf8'))?.[1];
  if (list === undefined) throw new Error(`${policy} names no capabilities`);
  return JSON.parse(list) as string[];
}
