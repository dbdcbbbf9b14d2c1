import { z } from 'zod';
import type { Inquiry } from '../../platform/inquiry.js';
import { consulToken } from '../acl.js';
import { type Check, type Finding, notTried, well, wrong } from '../check.js';
import type { Ground } from '../ground.js';
import { leader, reach, type Service } from './service.js';

export function consulChecks({ consul, settings }: Ground): Check[] {
  const service: Service = { name: 'Consul', inquiry: consul, setting: 'CONSUL_HTTP_ADDR' };
  const given = settings.CONSUL_HTTP_TOKEN !== undefined;
  const prefix = settings.OBSERVATORY_CONSUL_PREFIX;
  return [
    { name: 'consul', needs: [], run: (signal) => reach(service, signal) },
    { name: 'consul leader', needs: ['consul'], run: (signal) => leader(service, signal) },
    { name: 'consul token', needs: ['consul leader'], run: (signal) => tokenIsValid(consul, given, prefix, signal) },
    { name: 'consul version', needs: ['consul token'], run: (signal) => version(consul, signal) },
  ];
}

const self = z.object({ Description: z.string(), Policies: z.array(z.object({ Name: z.string() })).nullish() });

async function tokenIsValid(consul: Inquiry, given: boolean, prefix: string, signal: AbortSignal): Promise<Finding> {
  const tried = 'GET /v1/acl/token/self';
  const answer = await consul.ask('GET', '/v1/acl/token/self', { signal });
  const said = `${answer.status} ${answer.text.slice(0, 200)}`;
  switch (consulToken(answer, given)) {
    case 'valid': {
      const { Description, Policies } = self.parse(JSON.parse(answer.text));
      const policies = (Policies ?? []).map(({ Name }) => Name).join(', ');
      const name = Description === '' ? '' : `"${Description}", `;
      return well(tried, `${name}policies ${policies || 'by role'}`);
    }
    case 'no ACLs':
      return well(tried, given ? 'this Consul has no ACLs; the token is not looked at' : 'this Consul has no ACLs');
    case 'none given': {
      // Consul may let everybody in; the smallest thing that the manager needs tells.
      const { status } = await consul.ask('GET', `/v1/kv/${prefix}/leader`, { signal });
      if (status !== 403) return well(tried, 'no token; anonymous may read our keys');
      return wrong(
        tried,
        `${said}: no token is set, and this Consul has ACLs`,
        'Set CONSUL_HTTP_TOKEN, or CONSUL_HTTP_TOKEN_FILE, to a token with the policy consul/policies/manager.hcl.',
      );
    }
    case 'unknown':
      return wrong(tried, said, 'Consul does not know this token: make another and set CONSUL_HTTP_TOKEN.');
    case 'unclear':
      return wrong(tried, said, 'See Consul’s log for this call.');
  }
}

const servers = z.array(z.object({ ServiceMeta: z.record(z.string(), z.string()).nullish() }));

async function version(consul: Inquiry, signal: AbortSignal): Promise<Finding> {
  const { status, text } = await consul.ask('GET', '/v1/catalog/service/consul', { signal });
  const found = status === 200 ? servers.parse(JSON.parse(text)) : [];
  const versions = [...new Set(found.flatMap(({ ServiceMeta }) => ServiceMeta?.['version'] ?? []))];
  if (versions.length === 0) return notTried('the token needs `service "consul" { policy = "read" }` for this alone');
  return well('GET /v1/catalog/service/consul', `version ${versions.join(', ')}`);
}
