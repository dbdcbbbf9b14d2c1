/** Errors of the HTTP API: problem details, RFC 9457. */
import { STATUS_CODES } from 'node:http';
import type { Refusal } from './refusal.js';

export const PROBLEM_TYPE = 'application/problem+json';

/** Whatever is asked there is answered to a program. */
export const isApiPath = (path: string): boolean => /^\/control\/api(?:\/|$)/i.test(path);

/** @param reference by which it is found in the log */
export function problemOf({ status, code, message, details }: Refusal, reference: string): object {
  return {
    ...details,
    type: `urn:observatory:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    ...(status >= 500 && { reference }),
  };
}
