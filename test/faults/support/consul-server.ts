import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findConsul } from '../../../src/local/consul-binary.js';
import { probe } from '../../../src/local/http-probe.js';
import { freePort } from '../../../src/local/ports.js';
import { type RunContext, Service } from '../../../src/local/service.js';

const OFF = -1;

/** A Consul that has its catalogue, keys and sessions again after a restart; the development mode forgets them. */
export async function startConsulServer(context: RunContext): Promise<Service> {
  const binary = await findConsul(context.cache);
  const [http, server, gossip] = [await freePort(), await freePort(), await freePort()];
  const folder = path.join(context.runDir, 'consul');
  mkdirSync(folder, { recursive: true });
  const file = path.join(context.runDir, 'consul.json');
  writeFileSync(
    file,
    JSON.stringify({
      server: true,
      bootstrap_expect: 1,
      data_dir: folder,
      bind_addr: '127.0.0.1',
      client_addr: '127.0.0.1',
      node_name: 'faults',
      log_level: 'WARN',
      disable_update_check: true,
      disable_host_node_id: true,
      performance: { raft_multiplier: 1 },
      ports: { http, server, serf_lan: gossip, serf_wan: OFF, dns: OFF, grpc: OFF, https: OFF },
    }),
  );
  const address = `http://127.0.0.1:${http}`;
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('CONSUL_'));
  return Service.start(context, {
    name: 'consul',
    address,
    source: binary.source,
    fresh: binary.fresh,
    spec: { command: binary.path, args: ['agent', `-config-file=${file}`], env: Object.fromEntries(environment) },
    isReady: async () =>
      (await probe(`${address}/v1/kv/observatory/started`, { method: 'PUT', body: 'yes' })).status === 200,
  });
}
