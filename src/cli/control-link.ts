import { controlKey } from '../platform/identity.js';

/** Opens the control page; the key leaves the address bar at once. */
export const controlLink = (publicUrl: string, secret: string): string =>
  `${publicUrl.replace(/\/$/, '')}/control?key=${controlKey(secret)}`;
