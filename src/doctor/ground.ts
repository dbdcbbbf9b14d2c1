import { consulInquiry } from '../platform/consul-inquiry.js';
import { Inquiry } from '../platform/inquiry.js';
import { nomadInquiry, webNomadInquiry } from '../platform/nomad/inspect.js';
import { type Database, openDatabase } from '../platform/postgres/database.js';
import type { Profile } from '../platform/profiles.js';
import type { Settings } from '../platform/settings.js';

/** What the checks stand on: the settings, and a way to ask each service. */
export interface Ground {
  readonly settings: Settings;
  readonly profiles: readonly Profile[];
  readonly database: Database;
  readonly nomad: Inquiry;
  /** With the web app's own token; undefined where it has no access to Nomad. */
  readonly webNomad: Inquiry | undefined;
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
    webNomad: webNomadInquiry(settings),
    consul: consulInquiry(settings),
    traefik: new Inquiry({ base: settings.OBSERVATORY_TRAEFIK_URL ?? settings.OBSERVATORY_PUBLIC_URL }),
    traefikApi:
      settings.OBSERVATORY_TRAEFIK_API_URL === undefined
        ? undefined
        : new Inquiry({ base: settings.OBSERVATORY_TRAEFIK_API_URL }),
  };
}

export async function closeGround({ database, nomad, webNomad, consul, traefik, traefikApi }: Ground): Promise<void> {
  for (const inquiry of [nomad, webNomad, consul, traefik, traefikApi]) inquiry?.close();
  await database.end();
}

/** An address as it may be shown. */
export const withoutPassword = (url: string): string => url.replace(/\/\/([^/@]*?):[^/@]*@/, '//$1:…@');
