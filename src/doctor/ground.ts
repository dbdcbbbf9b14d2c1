import { consulInquiry } from '../platform/consul-inquiry.js';
import { Inquiry } from '../platform/inquiry.js';
import { nomadInquiry } from '../platform/nomad/inspect.js';
import { type Database, openDatabase } from '../platform/postgres/database.js';
import type { Profile } from '../platform/profiles.js';
import type { Settings } from '../platform/settings.js';

/** What the checks stand on: the settings, and a way to ask each service. */
export interface Ground {
  readonly settings: Settings;
  readonly profiles: readonly Profile[];
  readonly database: Database;
  readonly nomad: Inquiry;
  readonly consul: Inquiry;
  /** Traefik as the manager reaches it. */
  readonly traefik: Inquiry;
  /** Undefined when no address of it is set. */
  readonly traefikApi: Inquiry | undefined;
}

export function openGround(settings: Settings, profiles: readonly Profile[]): Ground {
  return {
    settings,
    profiles,
    database: openDatabase(settings.DATABASE_URL, () => undefined),
    nomad: nomadInquiry(settings),
    consul: consulInquiry(settings),
    traefik: new Inquiry({ base: settings.OBSERVATORY_TRAEFIK_URL ?? settings.OBSERVATORY_PUBLIC_URL }),
    traefikApi:
      settings.OBSERVATORY_TRAEFIK_API_URL === undefined
        ? undefined
        : new Inquiry({ base: settings.OBSERVATORY_TRAEFIK_API_URL }),
  };
}

export async function closeGround({ database, nomad, consul, traefik, traefikApi }: Ground): Promise<void> {
  for (const inquiry of [nomad, consul, traefik, traefikApi]) inquiry?.close();
  await database.end();
}

/** An address as it may be shown. */
export const withoutPassword = (url: string): string => url.replace(/\/\/([^/@]*?):[^/@]*@/, '//$1:…@');
