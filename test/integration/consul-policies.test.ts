/** The policies of consul/ on a real Consul that denies everything else. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { packageRoot } from '../../src/platform/root.js';
import { ConsulClient } from '../../src/platform/consul.js';
import { LiveSettingsWatch } from '../../src/platform/live-settings/watch.js';
import { eventually } from '../browser/running-platform.js';

const ROOT = '5f0c7d4e-0000-4000-8000-000000000001';

describe('the Consul policies', function () {
  this.timeout(300_000);
  let runDir: string;
  let services: LocalServices;
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-acl-'));
    const acl = { enabled: true, default_policy: 'deny', tokens: { master: ROOT, agent: ROOT } };
    services = await startServices({ runDir, only: ['consul'], consul: { acl } });
  });
  after(async () => {
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  const call = async (token: string, method: string, route: string, body?: object) => {
    const init = { method, headers: { 'X-Consul-Token': token }, ...(body ? { body: JSON.stringify(body) } : {}) };
    const response = await fetch(`${services.environment['CONSUL_HTTP_ADDR']}${route}`, init);
    return { status: response.status, text: await response.text() };
  };
  const tokenWith = async (policy: string): Promise<string> => {
    const rules = await readFile(path.join(packageRoot, `consul/policies/${policy}.hcl`), 'utf8');
    await eventually('Consul takes the policy', async () => {
      const { status } = await call(ROOT, 'PUT', '/v1/acl/policy', { Name: policy, Rules: rules });
      return status === 200 ? true : undefined;
    });
    const { text } = await call(ROOT, 'PUT', '/v1/acl/token', { Policies: [{ Name: policy }] });
    return (JSON.parse(text) as { SecretID: string }).SecretID;
  };

  it('let the manager lead and see its instances, and nothing else', async () => {
    const token = await tokenWith('manager');
    const registration = { Name: 'observatory-instance', Tags: ['seen'] };
    assert.equal((await call(ROOT, 'PUT', '/v1/agent/service/register', registration)).status, 200);
    const consul = new ConsulClient({
      CONSUL_HTTP_ADDR: services.environment['CONSUL_HTTP_ADDR']!,
      CONSUL_HTTP_TOKEN: token,
    });
    const session = await consul.createSession('observatory manager', 10);
    assert.equal(await consul.acquire('observatory/leader', 'me', session), true);
    await consul.renewSession(session);
    assert.equal(await consul.lockHolder('observatory/leader'), session);
    assert.deepEqual(await consul.passingTags('observatory-instance'), [['seen']]);
    const pools = [{ name: 'default', min: 2, max: 10 }];
    const live = new LiveSettingsWatch({ consul, prefix: 'observatory', pools, log: pino({ level: 'silent' }) });
    await live.start();
    await consul.setKey('observatory/drain', 'true');
    await eventually('the drain is seen', () => Promise.resolve(live.current().drain || undefined));
    live.stop();
    assert.deepEqual(live.refusals(), []);
    await consul.release('observatory/leader', session);
    await consul.destroySession(session);
    consul.close();
    assert.equal((await call(token, 'PUT', '/v1/kv/other/key', {})).status, 403);
    assert.equal((await call(token, 'PUT', '/v1/agent/service/register', registration)).status, 403);
    assert.equal((await call(token, 'GET', '/v1/acl/tokens')).status, 403);
  });

  it('let Traefik read the catalogue, and nothing else', async () => {
    const token = await tokenWith('traefik');
    const services = (await call(token, 'GET', '/v1/catalog/services')).text;
    assert.ok('observatory-instance' in (JSON.parse(services) as object));
    assert.equal((await call(token, 'GET', '/v1/kv/observatory/leader')).status, 403);
    assert.equal((await call(token, 'PUT', '/v1/agent/service/register', { Name: 'own' })).status, 403);
  });
});
