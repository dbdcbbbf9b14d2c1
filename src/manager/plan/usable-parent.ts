import type { Profile } from '../../platform/profiles.js';
import type { Observed, Parent } from './observed.js';

/** The pool's parent job, if it may be dispatched from: before this leader has brought its own file, what Nomad has may be an older one. */
export function usableParent({ name, jobFile }: Profile, { nomad, registered }: Observed): Parent | undefined {
  if (!nomad.complete || (jobFile !== undefined && !registered.has(name))) return undefined;
  return nomad.value.parents.get(name);
}
