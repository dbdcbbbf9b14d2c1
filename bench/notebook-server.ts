import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { probe } from '../src/local/http-probe.js';
import { freePort } from '../src/local/ports.js';
import { ManagedProcess } from '../src/local/process.js';
import { pythonEnvironment } from '../src/local/python.js';
import { packageRoot } from '../src/platform/root.js';
import { toNotebook } from '../src/studies/nbformat.js';
import type { Platform } from './platform.js';

export interface NotebookServer {
  /** A page, through the platform's Traefik, with a copy of the study's notebook that nobody opened before. */
  freshPage(): Promise<string>;
  /** Ends all kernels, so that the next page starts its own as the first one did. */
  endKernels(): Promise<void>;
}

const BASE = '/bench/notebook';

/** Notebook 7 beside the platform: registered in the same Consul, reached through the same Traefik. */
export async function startNotebookServer(platform: Platform): Promise<NotebookServer> {
  const { stack, cache, cleanup, runDir } = platform;
  const { python } = await pythonEnvironment(
    cache,
    'bench-notebook',
    path.join(packageRoot, 'bench/requirements-notebook.txt'),
  );
  const folder = path.join(runDir, 'notebooks');
  await mkdir(folder);
  const port = await freePort();
  const settings = {
    'ServerApp.base_url': `${BASE}/`,
    'ServerApp.root_dir': folder,
    'ServerApp.port': port,
    'ServerApp.allow_root': true,
    'ServerApp.allow_remote_access': true,
    // No login: less than participants have to pass, and it only makes its page faster.
    'IdentityProvider.token': '',
    'ServerApp.disable_check_xsrf': true,
  };
  const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const server = await ManagedProcess.start(
    {
      name: 'notebook-7',
      command: python,
      args: ['-m', 'notebook', '--no-browser', ...options],
      logDir: stack.logDir,
      env: { ...process.env, HOME: runDir },
    },
    cleanup,
  );
  const api = `http://127.0.0.1:${port}${BASE}/api`;
  await server.waitUntilReady(async () => (await probe(`${api}/status`)).status === 200, 60_000);
  await route(platform, port);
  let pages = 0;
  return {
    async freshPage() {
      const name = `study-${(pages += 1)}.ipynb`;
      await writeFile(path.join(folder, name), JSON.stringify(toNotebook(platform.document)));
      return `${stack.publicUrl}${BASE}/notebooks/${name}`;
    },
    async endKernels() {
      const kernels = JSON.parse((await probe(`${api}/kernels`)).text) as { id: string }[];
      for (const { id } of kernels) await probe(`${api}/kernels/${id}`, { method: 'DELETE' });
    },
  };
}

async function route({ stack }: Platform, port: number): Promise<void> {
  const consul = stack.environment['CONSUL_HTTP_ADDR']!;
  const Tags = ['traefik.enable=true', `traefik.http.routers.bench-notebook.rule=PathPrefix(\`${BASE}/\`)`];
  const service = { Name: 'bench-notebook', Address: '127.0.0.1', Port: port, Tags };
  const { status, text } = await probe(`${consul}/v1/agent/service/register`, {
    method: 'PUT',
    body: JSON.stringify(service),
  });
  if (status !== 200) throw new Error(`Consul did not register the notebook server: ${status} ${text}`);
  while ((await probe(`${stack.publicUrl}${BASE}/api/status`)).status !== 200) {
    await sleep(100);
  }
}
