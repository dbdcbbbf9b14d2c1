/** A real Consul that speaks https and takes only clients with a certificate of its authority. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { Cache } from '../../src/local/cache.js';
import { run } from '../../src/local/binaries.js';
import { findConsul } from '../../src/local/consul-binary.js';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { freePort } from '../../src/local/ports.js';
import { ConsulClient, type ConsulConnection } from '../../src/platform/consul.js';
import { LiveSettingsWatch } from '../../src/platform/live-settings/watch.js';
import { poll } from '../poll.js';

describe('Consul over TLS', function () {
  this.timeout(300_000);
  let runDir: string;
  let services: LocalServices;
  let connection: Required<Omit<ConsulConnection, 'CONSUL_HTTP_TOKEN'>>;
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-tls-'));
    const consul = (await findConsul(new Cache(undefined, () => undefined))).path;
    const tls = (...words: string[]) => run(consul, ['tls', ...words], { cwd: runDir });
    await tls('ca', 'create');
    await tls('cert', 'create', '-server');
    await tls('cert', 'create', '-client');
    const file = (name: string) => path.join(runDir, `${name}.pem`);
    const https = await freePort();
    const certificates = { ca_file: file('consul-agent-ca'), cert_file: file('dc1-server-consul-0') };
    const ours = { ...certificates, key_file: file('dc1-server-consul-0-key'), verify_incoming: true };
    services = await startServices({ runDir, only: ['consul'], consul: { ...ours, ports: { https } } });
    connection = {
      CONSUL_HTTP_ADDR: `https://127.0.0.1:${https}`,
      CONSUL_CACERT: file('consul-agent-ca'),
      CONSUL_CLIENT_CERT: file('dc1-client-consul-0'),
      CONSUL_CLIENT_KEY: file('dc1-client-consul-0-key'),
    };
  });
  after(async () => {
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  const write = async (given: ConsulConnection): Promise<void> => {
    const client = new ConsulClient(given);
    try {
      await client.setKey('observatory/drain', 'true');
    } finally {
      client.close();
    }
  };

  it('is written to and watched with its authority and a certificate', async () => {
    await write(connection);
    const client = new ConsulClient(connection);
    const log = pino({ level: 'silent' });
    const live = new LiveSettingsWatch({ consul: client, prefix: 'observatory', pools: [], log });
    await live.start();
    assert.equal(live.current().drain, true);
    await client.deleteKey('observatory/drain');
    await poll('the change', () => Promise.resolve(!live.current().drain), 30);
    live.stop();
    client.close();
  });

  it('is not trusted without its authority, and takes nobody without a certificate', async () => {
    const { CONSUL_HTTP_ADDR, CONSUL_CACERT, ...own } = connection;
    await assert.rejects(write({ CONSUL_HTTP_ADDR, ...own }), /^Error: Consul, write .*certificate/);
    await assert.rejects(write({ CONSUL_HTTP_ADDR, CONSUL_CACERT }), /^Error: Consul, write .*(certificate|alert)/);
  });
});
