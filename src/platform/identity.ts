import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

export const instanceIdPattern = /^[0-9a-f]{12}$/;
export const participantIdPattern = /^[a-z0-9]{12}$/;

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const newInstanceId = (): string => randomBytes(6).toString('hex');

/** 12 of `[a-z0-9]`, the original's format of user ids and tokens; 62 random bits. */
export const newParticipantId = (): string =>
  Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('');

/** The token that an instance's Jupyter server accepts; only the gate and the manager can compute it. */
export const instanceToken = (secret: string, instanceId: string): string => keyed(secret, `jupyter:${instanceId}`);

/** What an instance gets to know of its token: enough to compare, useless to present. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/** What the manager shows the gate when it probes an instance through Traefik. */
export const probeKey = (secret: string, instanceId: string): string => keyed(secret, `probe:${instanceId}`);

/** Lets scripts of a study post to the original's addresses for who has this instance. */
export const submitKey = (secret: string, instanceId: string): string => keyed(secret, `submit:${instanceId}`);

/** What the operators' link to the control page carries. */
export const controlKey = (secret: string): string => keyed(secret, 'control');

/** What is known of an address where it is only counted; `purpose` keeps what is counted for one thing apart from another. */
export const addressKey = (secret: string, purpose: string, network: string): string =>
  createHmac('sha256', keyed(secret, 'addresses')).update(`${purpose} ${network}`).digest('hex').slice(0, 32);

/** A participant's name where it is not to be known who it was once they are erased: in logs and in Redis. */
export const participantAlias = (secret: string, participantId: string): string =>
  createHmac('sha256', keyed(secret, 'alias')).update(participantId).digest('hex').slice(0, 12);

/** The key that signs session cookies. */
export const sessionKey = (secret: string): string => keyed(secret, 'session');

export function sameSecret(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

function keyed(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('hex');
}
