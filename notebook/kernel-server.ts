/** What the page asks an instance about its kernel, beside running code. */
import type { KernelConnection } from '@jupyterlab/services/lib/kernel/default.js';
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
  if (!response?.ok) return null;
  const { last_restart: restart } = (await response.json()) as { last_restart?: { reason?: unknown } | null };
  if (!restart) return { id: null, reason: null };
  return { id: JSON.stringify(restart), reason: typeof restart.reason === 'string' ? restart.reason : null };
}
