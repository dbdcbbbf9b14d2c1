/** What the page asks an instance about its kernel, beside running code. */
import type { Kernel } from '@jupyterlab/services';
import { KernelConnection } from '@jupyterlab/services/lib/kernel/default.js';
import { listRunning, startNew } from '@jupyterlab/services/lib/kernel/restapi.js';
import { ServerConnection } from '@jupyterlab/services/lib/serverconnection.js';

export function serverSettings(instance: string): ServerConnection.ISettings {
  const url = new URL(`/proxy/${instance}/`, location.origin);
  return ServerConnection.makeSettings({
    baseUrl: url.href,
    wsUrl: url.href.replace(/^http/, 'ws'),
    token: '',
    appendToken: false,
    init: { cache: 'no-store', credentials: 'same-origin' },
  });
}

/** The instance's kernel, the known one if it is still there; started if there is none. */
export async function findKernel(settings: ServerConnection.ISettings, known: string | null): Promise<Kernel.IModel> {
  const running = await listRunning(settings);
  return running.find(({ id }) => id === known) ?? running[0] ?? (await startNew({ name: 'python3' }, settings));
}

export function openConnection(model: Kernel.IModel, settings: ServerConnection.ISettings): KernelConnection {
  return new KernelConnection({ model, serverSettings: settings, handleComms: false });
}

/** The instance's kernel as the page's own preload asked for it: to the letter, or the browser would ask anew. */
async function preloadedKernel({ baseUrl }: ServerConnection.ISettings): Promise<Kernel.IModel | undefined> {
  const response = await fetch(`${baseUrl}api/kernels`, { credentials: 'same-origin' });
  return response.ok ? ((await response.json()) as Kernel.IModel[])[0] : undefined;
}

/** A connection that was begun before the notebook was there to use it. */
export interface BegunConnection {
  readonly model: Kernel.IModel;
  readonly connection: KernelConnection;
}

/** `null`: the instance did not answer, which the notebook finds out and shows. */
export async function beginConnection(instance: string): Promise<BegunConnection | null> {
  const settings = serverSettings(instance);
  try {
    const model = (await preloadedKernel(settings)) ?? (await findKernel(settings, null));
    return { model, connection: openConnection(model, settings) };
  } catch {
    return null;
  }
}

/** Says whether the connection is there within so many milliseconds; `anew` when the one of now does not count. */
export function whenConnected(connection: KernelConnection, milliseconds: number, anew?: 'anew'): Promise<boolean> {
  if (!anew && connection.connectionStatus === 'connected') return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (isConnected: boolean): void => {
      clearTimeout(timer);
      connection.connectionStatusChanged.disconnect(onChange);
      resolve(isConnected);
    };
    const onChange = (_: unknown, status: string): void => {
      if (status === 'connected') settle(true);
    };
    const timer = setTimeout(settle, milliseconds, false);
    connection.connectionStatusChanged.connect(onChange);
  });
}

/** Whether nothing has been run since the Python process began: an empty request tells the count of runs. */
export async function hasRunNothing(connection: KernelConnection): Promise<boolean> {
  const request = { code: '', silent: true, store_history: false };
  const { content } = await connection.requestExecute(request, true).done;
  return content.status === 'ok' && content.execution_count === 0;
}

export interface Restart {
  /** Another one for another restart; `null` when there was none. */
  readonly id: string | null;
  readonly reason: string | null;
}

/** The last time that the instance had to start Python again; `null` when it cannot be asked. */
export async function restartOf(connection: KernelConnection): Promise<Restart | null> {
  const { serverSettings } = connection;
  const address = `${serverSettings.baseUrl}api/kernels/${encodeURIComponent(connection.id)}`;
  const response = await fetch(address, { ...serverSettings.init, signal: AbortSignal.timeout(5000) }).catch(
    () => null,
  );
  return response?.ok ? restartIn((await response.json()) as object) : null;
}

/** What our instances tell beside Jupyter's own fields. */
export function restartIn(model: object): Restart {
  const { last_restart: restart } = model as { last_restart?: { reason?: unknown } | null };
  if (!restart) return { id: null, reason: null };
  return { id: JSON.stringify(restart), reason: typeof restart.reason === 'string' ? restart.reason : null };
}
