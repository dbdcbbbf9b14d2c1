import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Cache } from '../src/local/cache.js';
import { answers } from '../src/local/http-probe.js';
import { freePort } from '../src/local/ports.js';
import { ManagedProcess } from '../src/local/process.js';
import { pythonEnvironment } from '../src/local/python.js';
import { packageRoot } from '../src/platform/root.js';
import { toNotebook } from '../src/studies/nbformat.js';
import type { Platform } from './platform.js';

export interface JupyterHub {
  readonly signIn: string;
  /** Ends what a person started. */
  stopServer(user: string): Promise<void>;
}

const bench = path.join(packageRoot, 'bench');

/** JupyterHub with its dummy sign-in, its simple local spawner and its own proxy. */
export async function startJupyterHub({ cache, cleanup, runDir, stack, document }: Platform): Promise<JupyterHub> {
  const [{ python }, proxy] = await Promise.all([
    pythonEnvironment(cache, 'bench-hub', path.join(bench, 'requirements-hub.txt')),
    configurableHttpProxy(cache),
  ]);
  const folder = path.join(runDir, 'hub');
  await mkdir(folder);
  await writeFile(path.join(folder, 'study.ipynb'), JSON.stringify(toNotebook(document)));
  const url = `http://127.0.0.1:${await freePort()}`;
  const token = randomBytes(16).toString('hex');
  const hub = await ManagedProcess.start(
    {
      name: 'jupyterhub',
      command: python,
      args: ['-m', 'jupyterhub', `--config=${path.join(bench, 'jupyterhub_config.py')}`],
      logDir: stack.logDir,
      cwd: folder,
      env: {
        ...process.env,
        HOME: folder,
        BENCH_FOLDER: folder,
        BENCH_HUB_URL: url,
        BENCH_HUB_PORT: String(await freePort()),
        BENCH_NODE: process.execPath,
        BENCH_PROXY: proxy,
        BENCH_PROXY_API: `http://127.0.0.1:${await freePort()}`,
        BENCH_TOKEN: token,
      },
    },
    cleanup,
  );
  await hub.waitUntilReady(() => answers(`${url}/hub/login`), 60_000);
  const headers = { authorization: `token ${token}` };
  return {
    signIn: `${url}/hub/login`,
    async stopServer(user) {
      // Answered when it has ended, or after ten seconds.
      const { status } = await fetch(`${url}/hub/api/users/${user}/server`, { method: 'DELETE', headers });
      if (status >= 300) throw new Error(`JupyterHub did not stop the server of ${user}: ${status}`);
    },
  };
}

/** JupyterHub's proxy is a package of npm; its lock file here pins all of it. Resolves to its program. */
async function configurableHttpProxy(cache: Cache): Promise<string> {
  const { dir } = await cache.install('configurable-http-proxy', '5.2.0', async (into) => {
    for (const file of ['package.json', 'package-lock.json']) {
      await cp(path.join(bench, 'configurable-http-proxy', file), path.join(into, file));
    }
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: into });
  });
  return path.join(dir, 'node_modules/configurable-http-proxy/bin/configurable-http-proxy');
}
