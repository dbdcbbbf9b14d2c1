import type { ConsulClient } from '../consul.js';
import { type LiveSettings, noLiveSettings } from '../live-settings.js';
import type { Logger } from '../log.js';
import { type LiveValues, toLiveSettings } from './keys.js';
import { type PoolBounds, readEntries, type Refused } from './reading.js';

/** After a failure: soon enough for an operator, seldom enough for a Consul that is ill. */
const RETRY_MS = 1_000;
/** The managers' lock lies below the same prefix. */
const lock = 'leader';

export interface LiveSettingsParts {
  readonly consul: Pick<ConsulClient, 'watchKeys'>;
  readonly prefix: string;
  /** The pools by the settings. */
  readonly pools: readonly PoolBounds[];
  readonly log: Logger;
}

/** The live settings as Consul has them now; while Consul is away, as they were last. */
export class LiveSettingsWatch {
  private values: LiveValues = new Map();
  private settings: LiveSettings | undefined;
  private sentences: readonly string[] = [];
  private failure: string | undefined;
  private readonly named = new Set<string>();
  private readonly listeners: ((settings: LiveSettings) => void)[] = [];
  private end: (() => void) | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor(private readonly parts: LiveSettingsParts) {}

  /** Whether Consul has told them at all: until then nothing may be given back that they could still want. */
  get known(): boolean {
    return this.settings !== undefined;
  }

  current(): LiveSettings {
    return this.settings ?? noLiveSettings;
  }

  /** What is not in force as it is written in Consul, each a sentence for people. */
  refusals(): readonly string[] {
    return this.failure === undefined ? this.sentences : [this.failure, ...this.sentences];
  }

  onChange(listener: (settings: LiveSettings) => void): void {
    this.listeners.push(listener);
  }

  /** Resolves once Consul has answered for the first time, or could not. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.watch(resolve);
    });
  }

  stop(): void {
    clearTimeout(this.retry);
    this.end?.();
  }

  /** A watch is over with its first failure: the next one starts from index 0, whatever Consul counts from after a restart. */
  private watch(answered: () => void): void {
    const { consul, prefix, log } = this.parts;
    this.end = consul.watchKeys(`${prefix}/`, {
      changed: (entries) => {
        if (this.failure !== undefined) log.info('the live settings are read again');
        this.failure = undefined;
        this.take(entries);
        answered();
      },
      failed: (error) => {
        if (this.failure === undefined)
          log.warn({ error: error.message }, 'no live settings; the last known ones stand');
        this.failure = `The live settings cannot be read, the last known ones stand: ${error.message}`;
        answered();
        this.retry = setTimeout(() => {
          this.watch(answered);
        }, RETRY_MS);
      },
    });
  }

  private take(entries: ReadonlyMap<string, string>): void {
    const { prefix, pools, log } = this.parts;
    const own = new Map([...entries].map(([key, text]) => [key.slice(prefix.length + 1), text]));
    own.delete(lock);
    const reading = readEntries(own, this.values, pools);
    for (const key of reading.unknown) {
      this.once(key, () => {
        log.warn({ key: `${prefix}/${key}` }, 'a key below the prefix means nothing here');
      });
    }
    this.values = reading.values;
    this.refuse(reading.refused);
    const settings = toLiveSettings(reading.values);
    const same = JSON.stringify(settings) === JSON.stringify(this.current());
    this.settings = settings;
    if (same) return;
    log.info({ settings }, 'live settings');
    for (const listener of this.listeners) listener(settings);
  }

  private refuse(refused: readonly Refused[]): void {
    const { prefix, log } = this.parts;
    const before = this.sentences;
    this.sentences = refused.map(({ key, read, expected }) => {
      const stays = this.values.get(key);
      const instead = stays === undefined ? 'the setting stands' : `${String(stays)} stays`;
      const sentence = `Consul's key ${prefix}/${key} is refused: read ${read}, expected ${expected}; ${instead}.`;
      if (!before.includes(sentence)) log.warn({ key: `${prefix}/${key}`, read, expected }, sentence);
      return sentence;
    });
  }

  private once(name: string, tell: () => void): void {
    if (this.named.has(name)) return;
    this.named.add(name);
    tell();
  }
}
