import { type Logger, pino } from 'pino';

export type { Logger };

/** Structured logs to standard output, one JSON object a line; secrets and cookies never reach a line. */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    redact: ['token', 'secret', 'headers.cookie', 'headers.authorization', '*.token', '*.secret'],
  });
}
