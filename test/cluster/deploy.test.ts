/** `observatory deploy` on a real Nomad and a real Consul that deny all that our policies do not allow. */
import assert from 'node:assert/strict';
import { playParticipant } from '../../src/local/participant.js';
import path from 'node:path';
import { publishStudy } from '../../src/participants/study-store.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { packageRoot } from '../../src/platform/root.js';
import { deploy } from '../../src/deploy/index.js';
import { NomadDeployClient } from '../../src/platform/nomad/deploy-client.js';
import { readNomadSettings } from '../../src/platform/settings.js';
import { readStudy } from '../../src/studies/read.js';
import { eventually, PlainParticipant } from '../browser/running-platform.js';
import { AclCluster, NAMESPACE, unlessClusterCanStart } from './acl-cluster.js';
import { type Ended, observatory } from './observatory.js';

const jobs = ['observatory-instance', 'observatory-manager', 'observatory-traefik', 'observatory-web'];

describe('deploy, on a cluster with ACLs', function () {
  this.timeout(300_000);
  let cluster: AclCluster;
  let database: Database;
  let token: string;
  let varFile: string;

  before(async function () {
    if (unlessClusterCanStart()) this.skip();
    cluster = await AclCluster.start();
    database = openDatabase(cluster.databaseUrl, () => undefined);
    token = await cluster.nomadToken('deploy');
    varFile = await cluster.varFile();
  });
  after(async () => {
    await database?.end();
    await cluster?.stop();
  });

  const run = (args: readonly string[], as = token): Promise<Ended> =>
    observatory(['deploy', '--var-file', varFile, ...args], cluster.operator(as));
  const registered = async (): Promise<string[]> => {
    const found = await cluster.nomad<{ ID: string }[]>('GET', `/v1/jobs?namespace=${NAMESPACE}`);
    return found.map(({ ID }) => ID).filter((id) => !id.includes('/'));
  };
  const webVersion = async (): Promise<number> =>
    (await cluster.nomad<{ Version: number }>('GET', `/v1/job/observatory-web?namespace=${NAMESPACE}`)).Version;

  it('says who may not, what is missing and how to make it, and changes nothing', async () => {
    for (const [as, words] of [
      ['', /the token may not do this.*jobs\/policies\/deploy\.hcl/],
      [token, /The namespace observatory does not exist: nomad namespace apply observatory/],
    ] as const) {
      const { code, output } = await run(['--yes'], as);
      assert.equal(code, 1);
      assert.match(output, words);
    }
    await cluster.createNamespace();
    const bare = await run(['--yes']);
    assert.equal(bare.code, 1);
    for (const [part, keys] of [
      ['web', 'DATABASE_URL=… REDIS_URL=… OBSERVATORY_SECRET=… CONSUL_HTTP_TOKEN=…'],
      ['manager', 'DATABASE_URL=… REDIS_URL=… OBSERVATORY_SECRET=… NOMAD_TOKEN=… CONSUL_HTTP_TOKEN=…'],
      ['traefik', 'CONSUL_HTTP_TOKEN=…'],
    ] as const) {
      const command = `nomad var put -force -namespace observatory nomad/jobs/observatory-${part} ${keys}`;
      assert.ok(bare.output.includes(`nomad/jobs/observatory-${part} is missing: ${command}\n`), bare.output);
    }
    await cluster.putSecrets();
    const elsewhere = '[{ attribute = "$${attr.kernel.name}", operator = "=", value = "plan9" }]';
    const unplaced = await run(['--yes', '--var', `service_constraints=${elsewhere}`]);
    assert.equal(unplaced.code, 1);
    for (const part of ['web', 'manager', 'traefik']) {
      const why = '"${attr.kernel.name} = plan9" does not hold on 1 of 1 node.';
      assert.ok(
        unplaced.output.includes(`observatory-${part}: no node takes its group ${part}: ${why}\n`),
        unplaced.output,
      );
    }
    assert.deepEqual(await registered(), []);
  });

  it('shows what it would do, and does it only when it is told to', async () => {
    const dry = await run(['--dry-run']);
    assert.equal(dry.code, 0, dry.output);
    for (const job of jobs) assert.match(dry.output, new RegExp(`^\\+ +Job: "${job}"$`, 'm'));
    assert.match(dry.output, /Nothing was changed\.\n$/);
    const nobody = await run([]);
    assert.equal(nobody.code, 1);
    assert.match(nobody.output, /nobody to ask here: say --yes/);
    assert.deepEqual(await registered(), []);
  });

  it('brings web, manager and Traefik up as jobs, and a participant goes through', async () => {
    const { code, output } = await run(['--yes']);
    assert.equal(code, 0, output);
    assert.deepEqual(await registered(), jobs);
    assert.match(
      output,
      /observatory-web: 2 of 2 healthy\n[^]*observatory-manager: 2 of 2 healthy\n[^]*traefik: 1 of 1 healthy/,
    );
    assert.ok(output.includes(`Open ${cluster.publicUrl}.`));

    await publishStudy(database, await readStudy(path.join(packageRoot, 'studies/crypto-api')));
    const visit = await playParticipant({
      cache: cluster.cache,
      studyLink: `${cluster.publicUrl}/?study=crypto-api`,
      log: () => undefined,
    });
    assert.match(visit.exitAddress, /exit-survey/);
    const { rows } = await database.query<{ events: string }>(
      `select count(*) as events from events e join leases l using (participant_id) where l.instance_id = $1`,
      [visit.instanceId],
    );
    assert.equal(Number(rows[0]?.events), visit.sent);
    assert.doesNotMatch(await cluster.logOf('traefik'), / (WRN|ERR) /);
  });

  it('changes nothing the second time', async () => {
    const version = await webVersion();
    const { code, output } = await run(['--yes']);
    assert.equal(code, 0, output);
    assert.match(output, /^Nothing changes\.$/m);
    assert.equal(await webVersion(), version);
  });

  it('leaves a job as it is that somebody else changed meanwhile', async () => {
    const settings = readNomadSettings(cluster.operator(token));
    const client = new NomadDeployClient(settings);
    const given = { assignments: ['web_count=1'], files: [varFile], namespace: NAMESPACE, release: 'one' };
    const meddle = async (): Promise<boolean> => {
      const { code, output } = await run(['--yes', '--only', 'web', '--var', 'release=two']);
      assert.equal(code, 0, output);
      return true;
    };
    const said: string[] = [];
    const deploying = { roots: [packageRoot], parts: ['web'] as const, given, colours: false, agrees: meddle };
    await assert.rejects(
      deploy(client, { ...deploying, say: (line) => said.push(line) }),
      /observatory-web: somebody else has changed this job since the plan was made/,
    );
    client.close();
    const shown = said.join('\n');
    assert.match(shown, /^\+\/- Job: "observatory-web"$/m);
    assert.match(shown, /^ +\+\/- Meta\[release\]: +"[^"]+" => "one"$/m);
    assert.match(shown, /^ +\+\/- Count: +"2" => "1" \(forces destroy\)$/m);
    const job = await cluster.nomad<{ Meta: { release: string } }>(
      'GET',
      `/v1/job/observatory-web?namespace=${NAMESPACE}`,
    );
    assert.equal(job.Meta.release, 'two');
  });

  it('keeps a participant at work through an upgrade of everything, and goes back from a release that does not start', async () => {
    const who = new PlainParticipant(cluster.publicUrl);
    await who.consent();
    const notebook = await eventually('an instance is assigned', () => who.assigned(), 60);
    const kernels = async (): Promise<true | undefined> => {
      const answer = await who.request(`${notebook}api/kernels`).catch(() => undefined);
      return answer?.status === 200 ? true : undefined;
    };
    await eventually('the notebook is reached', kernels);

    const upgrade = await run(['--yes', '--var', 'release=three']);
    assert.equal(upgrade.code, 0, upgrade.output);
    await eventually('the notebook is reached after the upgrade', kernels);
    assert.equal((await who.request(notebook)).status, 200);

    varFile = await cluster.varFile({ observatory: ['/bin/false'] });
    const broken = await run(['--yes', '--only', 'web', '--var', 'release=four']);
    assert.equal(broken.code, 1, broken.output);
    assert.match(
      broken.output,
      /observatory-web did not get healthy: .*\n.*nomad alloc logs -stderr [0-9a-f]{8} migrate/,
    );
    await eventually('the notebook is reached after the failed release', kernels);
  });
});
