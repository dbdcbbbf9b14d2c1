/** `observatory deploy` of the instances' parent job: what it needs of Nomad, of a real one (NOMAD_ADDR) and of the stand-in alike. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { deploy, type Deploying } from '../../src/deploy/index.js';
import { NomadDeployClient } from '../../src/platform/nomad/deploy-client.js';
import { packageRoot } from '../../src/platform/root.js';
import { readNomadSettings } from '../../src/platform/settings.js';
import { type Backend, call, startBackend } from './support.js';

describe('deploy of the instances', function () {
  this.timeout(60_000);
  const id = `deploy-${randomBytes(4).toString('hex')}`;
  let backend: Backend;
  let client: NomadDeployClient;

  before(async () => {
    backend = await startBackend();
    client = new NomadDeployClient(
      readNomadSettings({ NOMAD_ADDR: backend.nomad, NOMAD_TOKEN: process.env.NOMAD_TOKEN }),
    );
  });
  after(async () => {
    client?.close();
    if (backend !== undefined) await call(backend.nomad, 'DELETE', `/v1/job/${id}?purge=true`);
    await backend?.stop();
  });

  const run = async (assignments: string[], options: Partial<Deploying> = {}): Promise<string[]> => {
    const lines: string[] = [];
    const all = [`job_id=${id}`, `service=${id}`, 'driver=raw_exec', ...assignments];
    await deploy(client, {
      roots: [packageRoot],
      parts: ['instance'],
      given: { assignments: all, files: [], namespace: 'default', release: '1.0' },
      colours: false,
      agrees: () => Promise.resolve(true),
      say: (line) => lines.push(...line.split('\n')),
      ...options,
    });
    return lines.filter((line) => line !== '');
  };
  const job = async () => (await call<{ Version: number; Meta: object }>(backend.nomad, 'GET', `/v1/job/${id}`)).json;

  it('registers nothing when it is not wanted', async () => {
    const lines = await run([], { agrees: () => Promise.resolve(false) });
    assert.equal(lines[0], `+   Job: "${id}"`);
    assert.equal(lines.at(-1), 'Nothing was changed.');
    assert.equal((await call(backend.nomad, 'GET', `/v1/job/${id}`)).status, 404);
  });

  it('registers a new job, with its profile and release for the Nomad UI', async () => {
    assert.equal((await run([])).at(-1), `${id}: registered`);
    assert.deepEqual((await job()).Meta, { profile: 'default', release: '1.0' });
  });

  it('changes nothing the second time, and asks nobody', async () => {
    const lines = await run([], { agrees: () => Promise.reject(new Error('asked')) });
    assert.equal(lines.at(-1), 'Nothing changes.');
    assert.equal((await job()).Version, 0);
  });

  it('shows what changes, and registers that', async () => {
    const lines = await run(['memory=160']);
    assert.ok(
      lines.some((line) => /^ +\+\/- MemoryMB: +"128" => "160"/.test(line)),
      lines.join('\n'),
    );
    assert.equal((await job()).Version, 1);
  });

  it('leaves the job as it is when somebody else changed it between the plan and the answer', async () => {
    const meddle = async (): Promise<boolean> => {
      await run(['memory=192']);
      return true;
    };
    await assert.rejects(run(['memory=224'], { agrees: meddle }), {
      message: `${id}: somebody else has changed this job since the plan was made, so it was left as it is. Run the command again to see the difference now.`,
    });
    assert.equal((await job()).Version, 2);
  });

  it('says in Nomad’s words what it cannot read, and registers nothing', async () => {
    await assert.rejects(
      run(['datacenters=many']),
      /^DeployError: jobs\/instance\.nomad\.hcl: (line \d+|Failed to parse job: )/,
    );
    assert.equal((await job()).Version, 2);
  });
});
