import Consul from 'consul';
import { z } from 'zod';
import type { Settings } from './settings.js';

const MILLISECONDS = 5_000;

const healthEntries = z.array(z.object({ Service: z.object({ Tags: z.array(z.string()).nullish() }) }));
const lockEntry = z.object({ Session: z.string().optional() }).nullish();

/** The Consul calls that the system makes, each in bounded time. */
export class ConsulClient {
  private readonly consul: Consul;

  constructor({ CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN }: Pick<Settings, 'CONSUL_HTTP_ADDR' | 'CONSUL_HTTP_TOKEN'>) {
    const { protocol, hostname, port } = new URL(CONSUL_HTTP_ADDR);
    const secure = protocol === 'https:';
    this.consul = new Consul({
      host: hostname,
      port: port === '' ? (secure ? 443 : 80) : Number(port),
      secure,
      ...(CONSUL_HTTP_TOKEN === undefined ? {} : { defaults: { token: CONSUL_HTTP_TOKEN } }),
    });
  }

  /** The tags of each instance of the service whose checks all pass. */
  async passingTags(service: string): Promise<string[][]> {
    const entries: unknown = await bounded(
      `health of ${service}`,
      this.consul.health.service({ service, passing: true }),
    );
    return healthEntries.parse(entries).map((entry) => entry.Service.Tags ?? []);
  }

  /** A session that Consul ends when it is not renewed; its locks become free then. */
  async createSession(name: string, ttlSeconds: number): Promise<string> {
    const options = { name, ttl: `${ttlSeconds}s`, lockdelay: '1s', behavior: 'release' as const };
    return (await bounded('session create', this.consul.session.create(options))).ID;
  }

  async renewSession(id: string): Promise<void> {
    await bounded('session renew', this.consul.session.renew(id));
  }

  async destroySession(id: string): Promise<void> {
    await bounded('session destroy', this.consul.session.destroy(id));
  }

  async acquire(key: string, value: string, session: string): Promise<boolean> {
    return bounded(`acquire ${key}`, this.consul.kv.set({ key, value, acquire: session }));
  }

  async release(key: string, session: string): Promise<boolean> {
    return bounded(`release ${key}`, this.consul.kv.set({ key, value: '', release: session }));
  }

  /** The session that holds the lock, undefined when it is free. */
  async lockHolder(key: string): Promise<string | undefined> {
    const entry: unknown = await bounded(`read ${key}`, this.consul.kv.get({ key }));
    return lockEntry.parse(entry)?.Session;
  }

  close(): void {
    this.consul.destroy();
  }
}

/** The package has no timeout of its own that covers a connection that hangs. */
async function bounded<T>(what: string, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${MILLISECONDS} ms`));
    }, MILLISECONDS);
  });
  try {
    return await Promise.race([call, late]);
  } catch (error) {
    throw new Error(`Consul, ${what}: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
