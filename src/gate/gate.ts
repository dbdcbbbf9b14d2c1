import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { instanceToken, probeKey, sameSecret } from '../platform/identity.js';
import type { Logger } from '../platform/log.js';
import { type Proxies, socketAddress } from '../platform/web/client-address.js';
import { Refusal } from '../platform/web/refusal.js';
import { refuseForeignNotebook, refuseWithoutSession, signedParticipant } from '../platform/web/session.js';
import { sessionKeys } from '../platform/web/session-keys.js';
import type { Telemetry } from '../platform/web/telemetry.js';
import { instanceOfOwnPath, instanceOfPath } from './path.js';
import { remembered } from '../platform/remembered.js';

export interface Gate {
  /** Whether the participant's lease is this instance. */
  readonly holds: (participant: string, instance: string) => Promise<boolean>;
  /** Seconds until this session's next request is let through; 0 when it is now. */
  readonly wait: (session: string) => Promise<number>;
  readonly log: Logger;
  readonly secret: string;
  /** They signed sessions before: those stay good. */
  readonly oldSecrets: readonly string[];
  /** Traefik's addresses: nobody else may ask, since the answer carries an instance's token. */
  readonly proxies: Proxies;
  readonly telemetry: Pick<Telemetry, 'gate'>;
}

/**
 * Traefik's forwardAuth asks here about every request to an instance; the answer carries the instance's own token. To be
 * served on a listener of its own, which no route of Traefik leads to: a client that could ask would read the token.
 * Every key that a participant's kernel takes comes by, so there is nothing between the socket and the decision.
 */
export function gateListener(gate: Gate): RequestListener {
  const keys = sessionKeys([gate.secret, ...gate.oldSecrets]);
  const participantOf = (cookies: string): string | undefined => signedParticipant(cookies, keys);
  // A token is the instance's for as long as the process has its secret.
  const tokenOf = remembered((instance) => instanceToken(gate.secret, instance));
  return (request, response) => {
    const start = performance.now();
    decide(request, gate, participantOf).then(
      (instance) => {
        letIn(response, tokenOf(instance));
        const ms = performance.now() - start;
        gate.telemetry.gate('let-in', ms / 1000);
        gate.log.debug({ status: 200, ms: Math.round(ms) }, 'gate');
      },
      (error: unknown) => {
        const { code } = refuse(response, error, gate.log);
        gate.telemetry.gate(code, (performance.now() - start) / 1000);
      },
    );
  };
}

type ParticipantOf = (cookies: string) => string | undefined;

async function decide(request: IncomingMessage, gate: Gate, participantOf: ParticipantOf): Promise<string> {
  if (!isGate(request)) throw new Refusal(404, 'not-found', 'There is no such page here.');
  if (!gate.proxies.includes(socketAddress(request)))
    throw new Refusal(403, 'not-allowed', 'Only the proxy asks here.');
  return ownInstance(request, gate.secret) ?? participantsInstance(request, gate, participantOf);
}

const isGate = ({ method, url = '' }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') && url.split('?', 1)[0] === '/gate';

const header = ({ headers }: IncomingMessage, name: string): string => String(headers[name] ?? '');

/** The instance that the platform itself goes to, undefined when the request is none of its own. */
function ownInstance(request: IncomingMessage, secret: string): string | undefined {
  const key = header(request, 'x-observatory-probe');
  if (key === '') return undefined;
  const instance = instanceOfOwnPath(header(request, 'x-forwarded-uri'));
  return instance !== undefined && sameSecret(key, probeKey(secret, instance)) ? instance : undefined;
}

/** The instance that the participant of this session goes to, whose lease it must be. */
async function participantsInstance(
  request: IncomingMessage,
  gate: Gate,
  participantOf: ParticipantOf,
): Promise<string> {
  const instance = instanceOfPath(header(request, 'x-forwarded-uri'));
  if (instance === undefined) throw new Refusal(403, 'not-allowed', 'Nothing here is open to participants.');
  refuseForeignOrigin(request);
  const participant = participantOf(header(request, 'cookie')) ?? refuseWithoutSession();
  const retryAfter = await gate.wait(participant);
  if (retryAfter > 0) {
    throw new Refusal(429, 'too-many', 'Your notebook was asked too often at once. It goes on in a minute.', {
      retryAfter,
    });
  }
  if (!(await gate.holds(participant, instance))) refuseForeignNotebook();
  return instance;
}

/** A WebSocket may be opened from any page on the web; its Origin tells which one it was. */
function refuseForeignOrigin(request: IncomingMessage): void {
  const origin = header(request, 'origin');
  if (origin === '') return;
  if (!URL.canParse(origin) || new URL(origin).host !== header(request, 'x-forwarded-host')) {
    throw new Refusal(403, 'foreign-origin', 'This request came from another site.');
  }
}

function letIn(response: ServerResponse, token: string): void {
  response.writeHead(200, { Authorization: `token ${token}`, 'Cache-Control': 'no-store', 'Content-Length': 0 }).end();
}

/** Traefik hands this answer on to the client. */
function refuse(response: ServerResponse, error: unknown, log: Logger): Refusal {
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal(500, 'internal', 'Something went wrong on our side. Please try again in a minute.');
  const { status, code, message, details } = refusal;
  if (refusal === error) log.warn({ path: '/gate', status, code }, message);
  else log.error({ err: error, path: '/gate' }, 'request failed');
  const body = JSON.stringify({ error: code, message, ...details });
  const { retryAfter } = details;
  response
    .writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      ...(typeof retryAfter === 'number' && { 'Retry-After': retryAfter }),
    })
    .end(body);
  return refusal;
}
