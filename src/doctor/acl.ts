/** What an answer of Nomad or Consul says about a permission. */
export type Permission = 'permitted' | 'denied' | 'unclear';

interface Told {
  readonly status: number;
  readonly text: string;
}

/** Nomad answers 403, but its event stream and its logs say so with a 500. */
const isDenied = ({ status, text }: Told): boolean => status === 403 || /permission denied/i.test(text);

/** Whether a call was let through: the words that answer it then are those of the call itself, such as "job not found". */
export function permissionOf(told: Told, letThrough: RegExp): Permission {
  if (isDenied(told)) return 'denied';
  return told.status === 200 || letThrough.test(told.text) ? 'permitted' : 'unclear';
}

export type TokenState = 'valid' | 'none given' | 'unknown' | 'no ACLs' | 'unclear';

/** Nomad's answer about the token that asks. */
export function nomadToken({ status, text }: Told): TokenState {
  if (status === 200) return 'valid';
  if (/missing secret id/i.test(text)) return 'none given';
  // What is no UUID at all is answered with a 500.
  if (/token (not found|expired)|UUID must be/i.test(text) || status === 403) return 'unknown';
  return /acl support disabled/i.test(text) ? 'no ACLs' : 'unclear';
}

/** Consul gives one answer for a token that is unknown and for none at all. */
export function consulToken({ status, text }: Told, given: boolean): TokenState {
  if (/acl support disabled/i.test(text)) return 'no ACLs';
  if (status === 200) return given ? 'valid' : 'none given';
  if (status === 403) return given ? 'unknown' : 'none given';
  return 'unclear';
}
