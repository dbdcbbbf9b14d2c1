import { z } from 'zod';
import type { Inquiry } from '../../platform/inquiry.js';
import { nomadToken } from '../acl.js';
import { type Check, type Finding, notTried, well, wrong } from '../check.js';
import type { Ground } from '../ground.js';
import { isAtLeast } from '../version.js';
import { leader, reach, type Service } from './service.js';

const LEAST_VERSION = '1.6';

export function nomadChecks({ nomad, settings }: Ground): Check[] {
  const service: Service = { name: 'Nomad', inquiry: nomad, setting: 'NOMAD_ADDR' };
  const namespace = settings.NOMAD_NAMESPACE;
  const token = { setting: 'NOMAD_TOKEN', given: settings.NOMAD_TOKEN !== undefined };
  return [
    { name: 'nomad', needs: [], run: (signal) => reach(service, signal) },
    { name: 'nomad leader', needs: ['nomad'], run: (signal) => leader(service, signal) },
    { name: 'nomad token', needs: ['nomad leader'], run: (signal) => tokenIsValid(nomad, token, signal) },
    { name: 'nomad version', needs: ['nomad token'], run: (signal) => version(nomad, signal) },
    { name: 'nomad namespace', needs: ['nomad token'], run: (signal) => namespaceExists(nomad, namespace, signal) },
  ];
}

interface Token {
  /** Where it is set. */
  readonly setting: string;
  readonly given: boolean;
}

export async function tokenIsValid(nomad: Inquiry, { setting, given }: Token, signal: AbortSignal): Promise<Finding> {
  const tried = 'GET /v1/acl/token/self';
  const answer = await nomad.ask('GET', '/v1/acl/token/self', { signal });
  const state = nomadToken(answer);
  const said = `${answer.status} ${answer.text.slice(0, 200)}`;
  switch (state) {
    case 'valid':
      return well(tried, describeToken(answer.text));
    case 'no ACLs':
      return well(tried, given ? 'this Nomad has no ACLs; the token is not looked at' : 'this Nomad has no ACLs');
    case 'none given': {
      const visible = await visibleNamespaces(nomad, signal);
      if (visible.length > 0) return well(tried, `no token; anonymous may see ${visible.join(', ')}`);
      return wrong(tried, `${said}: no token is set, and this Nomad has ACLs`, `Set ${setting}, or ${setting}_FILE.`);
    }
    case 'unknown':
      return wrong(tried, said, `Nomad does not know this token, or it has expired: make another and set ${setting}.`);
    case 'unclear':
      return wrong(tried, said, 'See Nomad’s log for this call.');
  }
}

const self = z.object({ Name: z.string(), Type: z.string(), Policies: z.array(z.string()).nullish() });

function describeToken(text: string): string {
  const token = self.safeParse(JSON.parse(text));
  if (!token.success) return 'valid';
  const { Name, Type, Policies } = token.data;
  return `"${Name}", ${Type === 'management' ? 'management' : `policies ${(Policies ?? []).join(', ') || 'by role'}`}`;
}

const agent = z.object({ config: z.object({ Version: z.object({ Version: z.string() }) }) });
const nodes = z.array(z.object({ Version: z.string() }));

/** The agent tells its own to whoever may read agents; the nodes' to whoever may read nodes. */
async function version(nomad: Inquiry, signal: AbortSignal): Promise<Finding> {
  const ofAgent = await nomad.ask('GET', '/v1/agent/self', { signal });
  if (ofAgent.status === 200) {
    const { Version } = agent.parse(JSON.parse(ofAgent.text)).config.Version;
    return judge('GET /v1/agent/self', [Version]);
  }
  const ofNodes = await nomad.ask('GET', '/v1/nodes', { signal });
  if (ofNodes.status === 200)
    return judge('GET /v1/nodes', [...new Set(nodes.parse(JSON.parse(ofNodes.text)).map(({ Version }) => Version))]);
  return notTried('the token needs `agent { policy = "read" }` or `node { policy = "read" }` for this alone');
}

function judge(tried: string, versions: readonly string[]): Finding {
  const old = versions.filter((one) => !isAtLeast(one, LEAST_VERSION));
  if (old.length > 0) return wrong(tried, `version ${old.join(', ')}`, `Upgrade Nomad to ${LEAST_VERSION} or later.`);
  return well(tried, `version ${versions.join(', ')}`);
}

async function namespaceExists(nomad: Inquiry, namespace: string, signal: AbortSignal): Promise<Finding> {
  const path = `/v1/namespace/${encodeURIComponent(namespace)}`;
  const tried = `GET ${path}`;
  const { status, text } = await nomad.ask('GET', path, { signal });
  if (status === 200) return well(tried, 'it exists');
  const visible = await visibleNamespaces(nomad, signal);
  const seen = visible.length === 0 ? 'it sees none' : `it sees ${visible.join(', ')}`;
  if (status === 403) {
    return wrong(
      tried,
      `403: there is no namespace "${namespace}", or the token has no rule for it; ${seen}`,
      `Correct NOMAD_NAMESPACE, or give the token's policy a rule for namespace "${namespace}".`,
    );
  }
  return wrong(
    tried,
    `${status} ${text}; there is ${visible.join(', ')}`,
    `Correct NOMAD_NAMESPACE, or make it: nomad namespace apply ${namespace}`,
  );
}

const namespaces = z.array(z.object({ Name: z.string() }));

async function visibleNamespaces(nomad: Inquiry, signal: AbortSignal): Promise<string[]> {
  const { status, text } = await nomad.ask('GET', '/v1/namespaces', { signal });
  return status === 200 ? namespaces.parse(JSON.parse(text)).map(({ Name }) => Name) : [];
}
