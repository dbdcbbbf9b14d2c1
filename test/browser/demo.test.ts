/** The demo as a person starts it: as a process, beside another one, and on services that are given. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { startServices } from '../../src/local/index.js';
import { startNomad } from '../../src/local/nomad-service.js';
import { packageRoot } from '../../src/platform/root.js';
import { filesOfNewStudy, OWN_QUESTIONS } from '../../src/studies/new-study.js';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function startDemo(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'demo', ...args], {
    cwd: packageRoot,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const said = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', said);
  child.stderr.on('data', said);
  const ended = once(child, 'close').then((end): Ended => ({
    code: end[0] as number | null,
    signal: end[1] as NodeJS.Signals | null,
    output,
  }));
  return { child, ended, output: () => output };
}

function report(output: string): { ok: boolean; events: { lost: number }; instance: { state: string } } {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(last) as ReturnType<typeof report>;
}

describe('the demo', function () {
  this.timeout(240_000);

  it('plays a participant through twice side by side', async () => {
    const demos = [startDemo(['--once']), startDemo(['--once'])];
    for (const { code, output } of await Promise.all(demos.map(({ ended }) => ended))) {
      assert.equal(code, 0, output);
      const { ok, events, instance } = report(output);
      assert.deepEqual([ok, events.lost, instance.state], [true, 0, 'stopped']);
    }
  });

  it('takes a study of one’s own as `study new` makes it, with an invitation where it wants one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'observatory-own-'));
    try {
      const own = { id: 'own', title: 'Own', language: 'en', tasks: 1, conditions: ['a', 'b'] } as const;
      const files = await filesOfNewStudy(
        { ...own, entry: 'invitation', exitSurvey: OWN_QUESTIONS },
        'study.schema.json',
      );
      for (const [file, text] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
        await writeFile(path.join(folder, file), text);
      }
      const { code, output } = await startDemo(['--once', '--study', folder]).ended;
      assert.equal(code, 0, output);
      assert.match(output, /^study {5}http:\/\/\S+\?study=own&invitation=[0-9a-f]{32}$/m);
      assert.deepEqual([report(output).ok, report(output).events.lost], [true, 0]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('says at once what is wrong with a study, and that there is none', async () => {
    const { code, output } = await startDemo(['--study', '/nowhere']).ended;
    assert.equal(code, 1);
    assert.match(output, /^The study in \/nowhere has a problem:\n- study\.yaml: there is no file "study\.yaml"\n$/);
  });

  it('stays up with all addresses until Ctrl-C, then ends everything within 10 s', async () => {
    const demo = startDemo([]);
    while (!demo.output().includes('Press Ctrl-C')) {
      await Promise.race([once(demo.child.stdout, 'data'), demo.ended]);
      assert.equal(demo.child.exitCode, null, demo.output());
    }
    for (const name of ['study', 'control', 'nomad', 'consul', 'traefik', 'logs']) {
      assert.match(demo.output(), new RegExp(`^${name} +\\S+`, 'm'));
    }
    const address = /^study +(\S+)/m.exec(demo.output())![1]!;
    assert.equal((await fetch(address)).status, 200);
    const asked = Date.now();
    demo.child.kill('SIGINT');
    assert.equal((await demo.ended).signal, 'SIGINT');
    assert.ok(Date.now() - asked < 10_000);
    await assert.rejects(fetch(address));
  });

  it('starts none of the services that the environment names', async () => {
    const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-given-'));
    const cleanup = new Cleanup();
    try {
      const cache = new Cache(undefined, () => undefined);
      const given = await startServices({ runDir, cleanup, only: ['postgres', 'redis', 'consul'] });
      const consul = given.environment['CONSUL_HTTP_ADDR']!;
      const nomad = await startNomad({ runDir, cache, cleanup, progress: () => undefined }, consul);
      const { DATABASE_URL, REDIS_URL } = given.environment as Record<'DATABASE_URL' | 'REDIS_URL', string>;
      const environment = { DATABASE_URL, REDIS_URL, CONSUL_HTTP_ADDR: consul, NOMAD_ADDR: nomad.address };
      const { code, output } = await startDemo(['--once'], environment).ended;
      assert.equal(code, 0, output);
      assert.equal(report(output).ok, true);
      for (const name of ['postgres', 'redis', 'consul'])
        assert.match(output, new RegExp(`^${name} +.*from the environment`, 'm'));
      assert.match(output, new RegExp(`^nomad +ready +${nomad.address} +\\(environment\\)`, 'm'));
    } finally {
      await cleanup.stopAll();
      await rm(runDir, { recursive: true, force: true });
    }
  });
});
