import type { Settings } from '../platform/settings.js';

/** Pages of Nomad's own interface; null where nobody said where that is. */
export interface NomadUi {
  job(id: string): string | null;
  allocation(id: string): string | null;
}

type UiSettings = Pick<Settings, 'OBSERVATORY_NOMAD_UI' | 'NOMAD_NAMESPACE'>;

export function nomadUi({ OBSERVATORY_NOMAD_UI: address, NOMAD_NAMESPACE: namespace }: UiSettings): NomadUi {
  const page = (path: string): string | null =>
    address === undefined ? null : `${address.replace(/\/(ui\/?)?$/, '')}/ui/${path}`;
  return {
    job: (id) => page(`jobs/${encodeURIComponent(id)}@${encodeURIComponent(namespace)}`),
    allocation: (id) => page(`allocations/${encodeURIComponent(id)}`),
  };
}
