/** What operators may change while the system runs, in Consul's KV; everything that is absent is left to the settings. */
export interface LiveSettings {
  /** By profile. */
  readonly pools: Readonly<Record<string, LivePool>>;
  /** By study id; overrides what Postgres says for as long as the key is there. */
  readonly studies: Readonly<Record<string, 'open' | 'paused'>>;
  /** No warm instances and no new ones; who works goes on. */
  readonly drain: boolean;
}

export interface LivePool {
  readonly min?: number;
  readonly max?: number;
  readonly maxInstances?: number;
}

export const noLiveSettings: LiveSettings = { pools: {}, studies: {}, drain: false };
