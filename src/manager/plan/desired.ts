import type { LiveSettings } from '../../platform/live-settings.js';
import type { Profile } from '../../platform/profiles.js';

/** What operators ask for. */
export interface Desired {
  readonly pools: readonly Profile[];
  /** No warm instances and no new ones. */
  readonly drain: boolean;
}

/** The profiles as the settings give them, with what is set live. */
export function desiredOf(profiles: readonly Profile[], live: Pick<LiveSettings, 'pools' | 'drain'>): Desired {
  return { pools: profiles.map((profile) => ({ ...profile, ...live.pools[profile.name] })), drain: live.drain };
}
