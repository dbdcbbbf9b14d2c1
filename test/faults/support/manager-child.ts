import { startManager } from '../../../src/manager/index.js';
import type { Ports } from '../../../src/manager/ports.js';
import { createLogger } from '../../../src/platform/log.js';
import { readSettings } from '../../../src/platform/settings.js';

/**
 * The real manager. With AT, such as `before cluster.dispatch` or `after store.intend`, it sends itself the signal SEND
 * there, once: SIGKILL ends it between two steps, SIGSTOP freezes it until somebody wakes it.
 */
const [moment, call] = (process.env.AT ?? '').split(' ');
const signal = process.env.SEND === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL';
let sent = false;

function sendSignal(): void {
  if (sent) return;
  sent = true;
  process.kill(process.pid, signal);
}

/** Whether the call changed something: guarded writes say so, the others end with an error when they did not. */
function happened(name: string, result: unknown): boolean {
  if (name === 'store.markReady') return result !== undefined;
  return Array.isArray(result) ? result.length > 0 : result !== false;
}

function watched<T extends object>(portName: string, port: T): T {
  return new Proxy(port, {
    get(target, method) {
      const value: unknown = Reflect.get(target, method);
      const name = `${portName}.${String(method)}`;
      if (typeof value !== 'function' || name !== call) return value;
      return async (...args: unknown[]) => {
        if (moment === 'before') sendSignal();
        const result: unknown = await Reflect.apply(value, target, args);
        if (moment === 'after' && happened(name, result)) sendSignal();
        return result;
      };
    },
  });
}

const watchedPorts = (ports: Ports): Ports => ({
  ...ports,
  store: watched('store', ports.store),
  cluster: watched('cluster', ports.cluster),
  queue: watched('queue', ports.queue),
});

const settings = readSettings(process.env);
const log = createLogger('manager', settings.OBSERVATORY_LOG_LEVEL);
const manager = await startManager({ settings, log, wrap: watchedPorts });
process.once('SIGTERM', () => {
  void manager.stop();
});
