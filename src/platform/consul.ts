import { EventEmitter } from 'node:events';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import Consul from 'consul';
import { z } from 'zod';
import type { Settings } from './settings.js';
import { readTls } from './tls.js';

const MILLISECONDS = 5_000;
/** How long Consul may hold a question back when nothing changes. */
const WAIT = '30s';
/** Between two questions of one watch: where Consul answers at once again and again, this is all the load there is. */
const WATCH_PAUSE_MS = 200;

const healthEntries = z.array(z.object({ Service: z.object({ Tags: z.array(z.string()).nullish() }) }));
const keyEntries = z.array(z.object({ Key: z.string(), Value: z.string().nullish() }));
const lockEntry = z.object({ Session: z.string().optional() }).nullish();

export type ConsulConnection = Pick<
  Settings,
  'CONSUL_HTTP_ADDR' | 'CONSUL_HTTP_TOKEN' | 'CONSUL_CACERT' | 'CONSUL_CLIENT_CERT' | 'CONSUL_CLIENT_KEY'
>;

export interface KeysHeard {
  /** All keys below the prefix, at first and after each change. */
  changed(entries: ReadonlyMap<string, string>): void;
  /** The watch is over. */
  failed(error: Error): void;
}

/** The Consul calls that the system makes, each in bounded time. */
export class ConsulClient {
  private readonly consul: Consul;

  constructor(connection: ConsulConnection) {
    const { CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN } = connection;
    const { protocol, hostname, port } = new URL(CONSUL_HTTP_ADDR);
    const secure = protocol === 'https:';
    this.consul = new Consul({
      host: hostname,
      port: port === '' ? (secure ? 443 : 80) : Number(port),
      secure,
      ...(secure ? { agent: tlsAgent(connection) } : {}),
      ...(CONSUL_HTTP_TOKEN === undefined ? {} : { defaults: { token: CONSUL_HTTP_TOKEN } }),
    });
  }

  /** The tags of each instance of the service whose checks all pass. */
  async passingTags(service: string): Promise<string[][]> {
    const entries: unknown = await bounded(`health of ${service}`, (until) =>
      this.consul.health.service({ service, passing: true, ...until }),
    );
    return healthEntries.parse(entries).map((entry) => entry.Service.Tags ?? []);
  }

  /** A session that Consul ends when it is not renewed; its locks become free then. */
  async createSession(name: string, ttlSeconds: number): Promise<string> {
    const options = { name, ttl: `${ttlSeconds}s`, lockdelay: '1s', behavior: 'release' as const };
    return (await bounded('session create', (until) => this.consul.session.create({ ...options, ...until }))).ID;
  }

  async renewSession(id: string): Promise<void> {
    await bounded('session renew', (until) => this.consul.session.renew({ id, ...until }));
  }

  async destroySession(id: string): Promise<void> {
    await bounded('session destroy', (until) => this.consul.session.destroy({ id, ...until }));
  }

  async acquire(key: string, value: string, session: string): Promise<boolean> {
    return bounded(`acquire ${key}`, (until) => this.consul.kv.set({ key, value, acquire: session, ...until }));
  }

  async release(key: string, session: string): Promise<boolean> {
    return bounded(`release ${key}`, (until) => this.consul.kv.set({ key, value: '', release: session, ...until }));
  }

  /** The session that holds the lock, undefined when it is free. */
  async lockHolder(key: string): Promise<string | undefined> {
    const entry: unknown = await bounded(`read ${key}`, (until) => this.consul.kv.get({ key, ...until }));
    return lockEntry.parse(entry)?.Session;
  }

  async setKey(key: string, value: string): Promise<void> {
    await bounded(`write ${key}`, (until) => this.consul.kv.set({ key, value, ...until }));
  }

  async deleteKey(key: string): Promise<void> {
    await bounded(`delete ${key}`, (until) => this.consul.kv.del({ key, ...until }));
  }

  /** Watches the keys below the prefix with blocking queries, until a failure or the returned function ends it. */
  watchKeys(prefix: string, heard: KeysHeard): () => void {
    const ended = new AbortController();
    let pause = 0;
    const watch = this.consul.watch({
      method: async (question: { readonly key: string }) => {
        await sleep(pause, undefined, { signal: ended.signal });
        pause = WATCH_PAUSE_MS;
        return this.consul.kv.get(question);
      },
      options: { key: prefix, wait: WAIT, recurse: 'true' },
    });
    const end = () => {
      ended.abort();
      watch.end();
    };
    watch.on('change', (answer: unknown) => {
      const entries = keyEntries.parse(answer ?? []).filter(({ Key }) => !Key.endsWith('/'));
      heard.changed(new Map(entries.map(({ Key, Value }) => [Key, Value ?? ''])));
    });
    watch.on('error', (error: Error) => {
      if (ended.signal.aborted) return;
      end();
      heard.failed(new Error(`Consul, watch ${prefix}: ${error.message}`, { cause: error }));
    });
    return end;
  }

  close(): void {
    this.consul.destroy();
  }
}

function tlsAgent({ CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY }: ConsulConnection): https.Agent {
  const tls = readTls({ ca: CONSUL_CACERT, cert: CONSUL_CLIENT_CERT, key: CONSUL_CLIENT_KEY });
  return new https.Agent({ keepAlive: true, ...tls });
}

/** The package ends a call, and its connection with it, when its context says `cancel`; its own timeout leaves the connection. */
interface Until {
  readonly ctx: EventEmitter;
}

async function bounded<T>(what: string, call: (until: Until) => Promise<T>): Promise<T> {
  const ctx = new EventEmitter();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${MILLISECONDS} ms`));
      ctx.emit('cancel');
    }, MILLISECONDS);
  });
  try {
    return await Promise.race([call({ ctx }), late]);
  } catch (error) {
    throw new Error(`Consul, ${what}: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
