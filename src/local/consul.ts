import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findConsul } from './consul-binary.js';
import { probe } from './http-probe.js';
import { freePort, retryOnTakenPort } from './ports.js';
import { Service, type RunContext } from './service.js';

/** Settings in Consul's own configuration format, added to ours; for instance `acl`. */
export type ConsulSettings = Record<string, unknown> & { readonly ports?: Readonly<Record<string, number>> };

const OFF = -1;

async function startOwn(context: RunContext, { ports, ...settings }: ConsulSettings): Promise<Service> {
  const binary = await findConsul(context.cache);
  const [http, server, gossip] = [await freePort(), await freePort(), await freePort()];
  const configuration = {
    bind_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    node_name: 'one-machine',
    log_level: 'WARN',
    disable_update_check: true,
    disable_host_node_id: true, // two stacks on one machine are two nodes
    ports: { http, server, serf_lan: gossip, serf_wan: OFF, dns: OFF, grpc: OFF, https: OFF, ...ports },
    ...settings,
  };
  const dir = path.join(context.runDir, 'consul');
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, 'consul.json');
  await writeFile(file, JSON.stringify(configuration, undefined, 2), { mode: 0o600 });
  const address = `http://127.0.0.1:${http}`;
  return Service.start(context, {
    name: 'consul',
    address,
    source: binary.source,
    fresh: binary.fresh,
    // The development mode keeps all in memory and elects itself at once.
    spec: { command: binary.path, args: ['agent', '-dev', `-config-file=${file}`], env: withoutConsul(process.env) },
    isReady: () => acceptsWrites(address, settings),
  });
}

/** A port's answer is not enough: Consul refuses sessions and locks until it has elected itself. */
async function acceptsWrites(address: string, settings: ConsulSettings): Promise<boolean> {
  const leader = await probe(`${address}/v1/status/leader`);
  if (leader.status !== 200 || !leader.text.includes(':')) return false;
  if ('acl' in settings) return true; // a write would need a token that only the caller has
  const written = await probe(`${address}/v1/kv/one-machine/started`, {
    method: 'PUT',
    body: new Date().toISOString(),
  });
  return written.status === 200;
}

/** Consul takes its own settings from CONSUL_… variables as well, which here are meant for clients. */
function withoutConsul(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('CONSUL_')));
}

/** The Consul of the environment (CONSUL_HTTP_ADDR), or a server of our own. */
export async function startConsul(context: RunContext, settings: ConsulSettings = {}): Promise<Service> {
  const given = process.env.CONSUL_HTTP_ADDR;
  if (given) return Service.external('consul', given.includes('://') ? given : `http://${given}`);
  return retryOnTakenPort(() => startOwn(context, settings));
}
