/** The same with mutual TLS between all parts, and TLS for participants, as the snippets for agents configure it. */
import assert from 'node:assert/strict';
import https from 'node:https';
import axios, { type AxiosResponse } from 'axios';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { eventually } from '../browser/running-platform.js';
import { AclCluster, unlessClusterCanStart } from './acl-cluster.js';
import { observatory } from './observatory.js';

describe('deploy, on a cluster with ACLs and mutual TLS', function () {
  this.timeout(300_000);
  let cluster: AclCluster;
  let database: Database;

  before(async function () {
    if (unlessClusterCanStart()) this.skip();
    cluster = await AclCluster.start({ tls: true });
    database = openDatabase(cluster.databaseUrl, () => undefined);
  });
  after(async () => {
    await database?.end();
    await cluster?.stop();
  });

  const get = (address: string): Promise<AxiosResponse<unknown>> =>
    axios.get(address, {
      httpsAgent: new https.Agent({ ca: cluster.certificates!.texts.ca }),
      timeout: 10_000,
      proxy: false,
      maxRedirects: 0,
      validateStatus: () => true,
    });

  it('is refused without a certificate, in words that name the settings', async () => {
    const { NOMAD_CLIENT_CERT, NOMAD_CLIENT_KEY, ...bare } = cluster.operator('');
    assert.ok(NOMAD_CLIENT_CERT && NOMAD_CLIENT_KEY);
    const { code, output } = await observatory(['deploy', '--yes'], bare);
    assert.equal(code, 1);
    assert.match(output, /Nomad does not answer \(.*\).*NOMAD_CACERT, NOMAD_CLIENT_CERT and NOMAD_CLIENT_KEY/);
  });

  it('brings everything up, and the manager reaches an instance as participants do', async () => {
    await cluster.createNamespace();
    await cluster.putSecrets();
    const args = ['deploy', '--yes', '--var-file', await cluster.varFile()];
    const { code, output } = await observatory(args, cluster.operator(await cluster.nomadToken('deploy')));
    assert.equal(code, 0, output);
    await eventually(
      'an instance is ready',
      async () => {
        const { rowCount } = await database.query(`select from instances where state = 'ready'`);
        return rowCount === 1 ? true : undefined;
      },
      90,
    );
  });

  it('serves participants by https with the certificate of the Nomad variable, and sends them there', async () => {
    const ready = await get(`${cluster.publicUrl}/readyz`);
    assert.deepEqual([ready.status, ready.data], [200, { ok: true, database: true }]);
    const plain = await get(`http://127.0.0.1:${cluster.value('redirect_port')}/consent?study=x`);
    assert.equal(plain.status, 301);
    assert.equal(plain.headers['location'], `${cluster.publicUrl}/consent?study=x`);
    assert.doesNotMatch(await cluster.logOf('traefik'), / (WRN|ERR) /);
  });
});
