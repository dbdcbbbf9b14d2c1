import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ProfilesError, readProfiles } from '../../src/platform/profiles.js';
import { packageRoot } from '../../src/platform/root.js';
import { readSettings } from '../../src/platform/settings.js';

describe('profiles', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'observatory-profiles-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const settings = (more: Record<string, string> = {}) =>
    readSettings({
      DATABASE_URL: 'postgres://db/observatory',
      REDIS_URL: 'redis://redis',
      OBSERVATORY_SECRET: 's'.repeat(32),
      OBSERVATORY_PUBLIC_URL: 'https://study.example',
      ...more,
    });
  const file = (content: string): Record<string, string> => {
    const whole = path.join(folder, 'profiles.yaml');
    writeFileSync(whole, content);
    return { OBSERVATORY_PROFILES: whole };
  };
  const problem = async (content: string): Promise<string> => {
    const error: unknown = await readProfiles(settings(file(content))).catch((reason: unknown) => reason);
    assert.ok(error instanceof ProfilesError);
    return error.message.replace(folder, '…');
  };
  const first = {
    name: 'default',
    job: 'observatory-instance',
    jobFile: path.join(packageRoot, 'jobs/instance.nomad.hcl'),
    variables: undefined,
    min: 2,
    max: 10,
    maxInstances: 200,
    bootSeconds: 60,
  };

  it('without a file are the one of the settings', async () => {
    assert.deepEqual(await readProfiles(settings()), [first]);
  });

  it('of a file take what they leave out from the settings, and have jobs of their own', async () => {
    const pools = 'default:\nvision:\n  min: 12\n  maxInstances: 30\n  variables: /etc/vision.hcl\n';
    assert.deepEqual(await readProfiles(settings(file(pools))), [
      first,
      {
        ...first,
        name: 'vision',
        job: 'observatory-instance-vision',
        variables: '/etc/vision.hcl',
        min: 12,
        max: 12,
        maxInstances: 30,
      },
    ]);
  });

  it('have no job file where deploy registers the job', async () => {
    const [profile] = await readProfiles(settings({ OBSERVATORY_INSTANCE_JOB_FILE: 'none' }));
    assert.equal(profile?.jobFile, undefined);
  });

  it('that cannot be are refused with all that is wrong', async () => {
    assert.equal(
      await problem('default: { min: -1, size: 3 }\nvision: 3\n'),
      `…/profiles.yaml does not describe the pools:
  default.min: expected a whole number
  default: Unrecognized key: "size"
  vision: Invalid input: expected object, received number`,
    );
    assert.match(await problem('Vision: {}'), /Vision: a profile is of small letters, digits and hyphens/);
    assert.equal(
      await problem('default: { min: 5, max: 3 }\nvision: { job: observatory-instance }\n'),
      `…/profiles.yaml does not describe the pools:
  default: min is 5, but max is only 3
  two profiles share one job: give each a job of its own`,
    );
    assert.match(await problem('default: {'), /does not describe the pools:\n.*Flow map/);
    assert.match(await problem('{}'), /it names no profile/);
  });

  it('of a file that is not there are told with its name', async () => {
    await assert.rejects(
      readProfiles(settings({ OBSERVATORY_PROFILES: '/nowhere.yaml' })),
      /OBSERVATORY_PROFILES: \/nowhere\.yaml cannot be read/,
    );
  });
});
