/**
 * Each test breaks one thing on real processes and expects the doctor to name that and nothing else. On the stand-in, and
 * on a real Nomad when `nomad` is on the PATH.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Result } from '../../src/doctor/check.js';
import { packageRoot } from '../../src/platform/root.js';
import { DoctorStack } from './doctor-stack.js';
import { least, managers, nomads, webs } from './nomads.js';
import { startProxy } from './proxy.js';

const wrongOnes = (results: readonly Result[]): string[] =>
  results.filter(({ ok }) => ok === false).map(({ name }) => name);
const named = (results: readonly Result[], name: string): Result => {
  const result = results.find((one) => one.name === name);
  if (result === undefined) throw new Error(`no check "${name}"`);
  return result;
};

for (const kind of Object.keys(nomads) as (keyof typeof nomads)[]) {
  describe(`the doctor on ${kind}`, function () {
    this.timeout(120_000);
    let stack: DoctorStack;
    before(async function () {
      this.timeout(300_000);
      stack = await DoctorStack.start(kind);
    });
    after(async () => {
      await stack?.stop();
    });

    /** The failure that is alone wrong; its words must hold these. */
    const onlyWrong = (results: readonly Result[], name: string, ...words: RegExp[]) => {
      assert.deepEqual(wrongOnes(results), [name], JSON.stringify(results.filter(({ ok }) => ok === false)));
      const { tried, answer, advice } = named(results, name);
      for (const word of words) assert.match(`${tried}: ${answer} → ${advice ?? ''}`, word);
      const roots = results.flatMap(({ because }) => (because === null ? [] : [because]));
      assert.deepEqual(
        [...new Set(roots)].filter((root) => root !== name),
        [],
      );
    };

    it('finds all in order with the least rights, and follows a canary to its end', async () => {
      const results = await stack.examine();
      assert.deepEqual(wrongOnes(results), [], JSON.stringify(results.filter(({ ok }) => ok === false)));
      assert.deepEqual(
        results.filter(({ ok }) => ok === null).map(({ name }) => name),
        // These need rights that nothing else needs.
        ['nomad version', 'consul version'],
      );
      assert.match(named(results, 'canary default guarded').answer, /refused by the gate \(401\)/);
      assert.deepEqual(await stack.liveChildren(), []);
    });

    it('names a token without dispatch-job', async () => {
      const without = least.filter((capability) => capability !== 'dispatch-job');
      const results = await stack.examine({ NOMAD_TOKEN: await stack.nomad.token(without) });
      onlyWrong(results, 'nomad dispatch-job', /lacks dispatch-job/, /Add "dispatch-job" .* namespace "default"/);
    });

    it('examines the web app’s own way to Nomad, where it has one', async () => {
      const examine = async (capabilities: readonly string[]) =>
        stack.examine(
          {
            OBSERVATORY_WEB_NOMAD_ADDR: stack.nomad.address,
            OBSERVATORY_WEB_NOMAD_TOKEN: await stack.nomad.token(capabilities),
          },
          false,
        );
      const idle = await examine(webs);
      assert.deepEqual(wrongOnes(idle), []);
      assert.match(named(idle, 'web nomad read-logs').answer, /nothing runs/);
      const child = await stack.dispatch();
      try {
        const results = await examine(webs);
        assert.deepEqual(wrongOnes(results), []);
        assert.equal(named(results, 'web nomad read-logs').ok, true);
        assert.match(named(results, 'web nomad no more').answer, /refused/);
        onlyWrong(await examine(['read-job']), 'web nomad read-logs', /lacks read-logs/, /jobs\/policies\/web\.hcl/);
        onlyWrong(await examine(least), 'web nomad no more', /may start jobs/, /jobs\/policies\/web\.hcl/);
        const unset = await stack.examine({ OBSERVATORY_WEB_NOMAD_ADDR: stack.nomad.address }, false);
        onlyWrong(unset, 'web nomad token', /no token is set/, /Set OBSERVATORY_WEB_NOMAD_TOKEN/);
      } finally {
        await stack.stopChild(child);
      }
    });

    it('names a namespace that is not there, and those that are', async () => {
      const results = await stack.examine({ NOMAD_NAMESPACE: 'elsewhere' });
      onlyWrong(results, 'nomad namespace', /no namespace "elsewhere"/, /it sees default/);
    });

    it('names a Nomad token that nobody knows, and one that is missing', async () => {
      const unknown = await stack.examine({ NOMAD_TOKEN: '5f0c7d4e-0000-4000-8000-00000000dead' });
      onlyWrong(unknown, 'nomad token', /ACL token not found/);
      onlyWrong(await stack.examine({ NOMAD_TOKEN: undefined }), 'nomad token', /no token is set/, /Set NOMAD_TOKEN/);
    });

    it('names a Consul token that is missing', async () => {
      const results = await stack.examine({ CONSUL_HTTP_TOKEN: undefined });
      onlyWrong(results, 'consul token', /no token is set/, /CONSUL_HTTP_TOKEN/);
    });

    it('names a Consul token that may not write our keys', async () => {
      onlyWrong(await stack.examine({ OBSERVATORY_CONSUL_PREFIX: 'elsewhere' }), 'consul keys', /403/, /"elsewhere\/"/);
    });

    it('names a clock that is an hour off', async () => {
      const consul = await startProxy(stack.environment['CONSUL_HTTP_ADDR']!, { dateShiftSeconds: 3600 });
      try {
        const results = await stack.examine({ CONSUL_HTTP_ADDR: consul.address });
        onlyWrong(results, 'clock', /Consul is 60 min ahead/, /NTP/);
      } finally {
        await consul.stop();
      }
    });

    it('names a schema that is not migrated', async () => {
      const database = await stack.emptyDatabase();
      const results = await stack.examine({ DATABASE_URL: database });
      onlyWrong(results, 'postgres schema', /nobody has migrated/, /observatory migrate/);
    });

    it('names a parent job that is missing', async () => {
      await stack.purgeParent();
      try {
        onlyWrong(await stack.examine(), 'job default', /no such job/, /observatory deploy/);
      } finally {
        await stack.register();
      }
    });

    it('names a parent job that is not what its file says', async () => {
      await stack.register({ kill_timeout: '7s' });
      await stack.writeVariables({});
      try {
        onlyWrong(await stack.examine(), 'job default current', /KillTimeout: "7000000000" → "5000000000"/);
      } finally {
        await stack.register();
      }
    });

    it('names a cluster without room, and what is used up', async () => {
      await stack.register({ memory: '100000000' });
      try {
        onlyWrong(
          await stack.examine(),
          'capacity default',
          /0 more fit \(memory is used up on 1 of 1 node/,
          /Add nodes/,
        );
      } finally {
        await stack.register();
      }
    });

    it('shows the last words of a canary that dies', async () => {
      await stack.register({ python: '/nowhere/python3' });
      try {
        onlyWrong(
          await stack.examine(),
          'canary default runs',
          /failed on/,
          /stderr: .*\/nowhere\/python3.*No such file/,
        );
      } finally {
        await stack.register();
      }
    });

    it('finds all in order with the policy that jobs/policies has for the manager, without read-logs', async () => {
      const results = await stack.examine({ NOMAD_TOKEN: await stack.nomad.token(managers) });
      assert.deepEqual(wrongOnes(results), []);
      assert.match(named(results, 'canary default logs').answer, /lacks read-logs/);
    });

    const withoutCatalog = (text: string) => text.replace(/ {2}consulCatalog:\n(?: {4}.*\n)+/, '');
    it('names a Traefik without the catalog provider, by its API', async () => {
      const restore = await stack.reconfigureTraefik(withoutCatalog);
      try {
        onlyWrong(await stack.examine(), 'traefik catalog', /without ConsulCatalog/, /providers\.consulCatalog/);
      } finally {
        await restore();
      }
    });

    it('names a Traefik without the catalog provider, from the outside', async () => {
      const restore = await stack.reconfigureTraefik(withoutCatalog);
      try {
        const results = await stack.examine({ OBSERVATORY_TRAEFIK_API_URL: undefined });
        onlyWrong(results, 'canary default routed', /no route/, /providers\.consulCatalog/);
        assert.deepEqual(await stack.liveChildren(), []);
      } finally {
        await restore();
      }
    });

    /** The middleware is there and asks nobody. */
    const withoutForwardAuth = async () => {
      const folder = path.join(stack.runDir, 'dynamic');
      await mkdir(folder, { recursive: true });
      const web = await readFile(path.join(packageRoot, 'traefik/dynamic/web.yaml'), 'utf8');
      await writeFile(path.join(folder, 'web.yaml'), web);
      const gate =
        'http:\n  middlewares:\n    observatory-gate:\n      headers:\n        customRequestHeaders:\n          X-Gate: none\n';
      await writeFile(path.join(folder, 'gate.yaml'), gate);
      return stack.reconfigureTraefik((text) => text.replace(path.join(packageRoot, 'traefik/dynamic'), folder));
    };

    it('names a forwardAuth that is not wired, by Traefik’s API', async () => {
      const restore = await withoutForwardAuth();
      try {
        onlyWrong(await stack.examine(), 'traefik gate', /no forwardAuth/, /traefik\/dynamic\/gate\.yaml/);
      } finally {
        await restore();
      }
    });

    it('names a forwardAuth that is not wired, from the outside', async () => {
      const restore = await withoutForwardAuth();
      try {
        const results = await stack.examine({ OBSERVATORY_TRAEFIK_API_URL: undefined });
        onlyWrong(results, 'canary default guarded', /nobody asked the gate/, /forwardAuth is not wired/);
        assert.deepEqual(await stack.liveChildren(), []);
      } finally {
        await restore();
      }
    });

    it('names a Redis and a Postgres that are down', async () => {
      const { redis, postgres } = stack.services.services;
      await Promise.all([redis!.stop(), postgres!.stop()]);
      try {
        const results = await stack.examine({}, false);
        assert.deepEqual(wrongOnes(results), ['postgres', 'redis']);
        assert.match(named(results, 'redis').answer, /ECONNREFUSED/);
        assert.match(named(results, 'postgres').answer, /ECONNREFUSED/);
      } finally {
        await Promise.all([redis!.restart(), postgres!.restart()]);
      }
    });

    it('answers as one JSON object, with an exit code for scripts', async () => {
      const good = await stack.command(['--json', '--no-canary']).ended;
      const report = JSON.parse(good.stdout) as { ok: boolean; checks: Result[] };
      assert.deepEqual([good.code, report.ok], [0, true]);
      const { name, ok, tried, advice, milliseconds } = report.checks.find((one) => one.name === 'nomad leader')!;
      assert.deepEqual([name, ok, tried, advice], ['nomad leader', true, 'GET /v1/status/leader', null]);
      assert.ok(milliseconds >= 0);
      const bad = await stack.command(['--json', '--no-canary'], { NOMAD_NAMESPACE: 'elsewhere' }).ended;
      assert.deepEqual([bad.code, (JSON.parse(bad.stdout) as { ok: boolean }).ok], [1, false]);
    });

    it('stops its canary when it is interrupted', async () => {
      const running = stack.command([]);
      await running.says('canary default dispatched');
      running.child.kill('SIGINT');
      const { code, stdout } = await running.ended;
      assert.equal(code, 130, stdout);
      assert.match(stdout, /canary default reached +not tried: interrupted/);
      assert.match(stdout, /✔ canary default stopped/);
      assert.deepEqual(await stack.liveChildren(), []);
    });

    it('names a Nomad that is down, and tries nothing that needs it', async () => {
      await stack.nomad.stop();
      onlyWrong(await stack.examine(), 'nomad', /connection refused/, /Start Nomad/);
    });
  });
}
