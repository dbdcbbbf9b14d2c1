import Keygrip from 'keygrip';
import { sessionKey } from '../identity.js';
import { remembered } from '../remembered.js';

/** The first secret signs; what the others signed is still believed. */
export function sessionKeys(secrets: readonly string[]): Keygrip {
  const keys = new Keygrip(secrets.map(sessionKey));
  // A signature is good, or not, for as long as the process has its secrets, and each batch of events brings the same one.
  const index = remembered((signed) => {
    const [data = '', signature = ''] = signed.split('\n');
    return keys.index(data, signature);
  });
  const indexOf = (data: string, signature: string): number => index(`${data}\n${signature}`);
  return {
    sign: (data: string) => keys.sign(data),
    index: indexOf,
    verify: (data: string, signature: string) => indexOf(data, signature) >= 0,
  };
}
