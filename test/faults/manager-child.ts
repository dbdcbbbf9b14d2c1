import { startManager } from '../../src/manager/index.js';
import type { Ports } from '../../src/manager/ports.js';
import { createLogger } from '../../src/platform/log.js';
import { readSettings } from '../../src/platform/settings.js';

/** The real manager, killed with SIGKILL just after the step that DIE_AFTER names; without it, it lives. */
const dieAfter = process.env.DIE_AFTER ?? 'never';

/** The same object, but the process is gone as soon as `method` succeeded. */
function deadly<T extends object>(port: T, method: keyof T & string): T {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const result: unknown = await Reflect.apply(value, target, args);
        if (
          name === method &&
          result !== false &&
          result !== undefined &&
          !(Array.isArray(result) && result.length === 0)
        )
          process.kill(process.pid, 'SIGKILL');
        return result;
      };
    },
  });
}

function wrap(ports: Ports): Ports {
  if (dieAfter === 'intent') return { ...ports, store: deadly(ports.store, 'intend') };
  if (dieAfter === 'dispatch') return { ...ports, cluster: deadly(ports.cluster, 'dispatch') };
  if (dieAfter === 'ready') return { ...ports, store: deadly(ports.store, 'markReady') };
  return ports;
}

const settings = readSettings(process.env);
const manager = await startManager({ settings, log: createLogger('manager', settings.OBSERVATORY_LOG_LEVEL), wrap });
process.once('SIGTERM', () => {
  void manager.stop();
});
