import type { PassReport } from '../platform/pass-report.js';
import type { Action } from './plan/action.js';

/** Told what the manager does, as it happens. */
export interface Telemetry {
  pass(report: PassReport): void;
  action(kind: Action['kind'], outcome: 'done' | 'nothing' | 'failed', seconds: number): void;
  /** From the dispatch to the first answer through Traefik. */
  booted(profile: string, seconds: number): void;
  /** A pass in which so many instances of the profile found no node. */
  unplaced(profile: string, instances: number): void;
  leads(leading: boolean): void;
}
