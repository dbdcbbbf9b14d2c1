import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import compress from 'koa-compress';
import helmet from 'koa-helmet';
import Koa, { type Context, type Next } from 'koa';
import type { Logger } from '../log.js';
import type { Settings } from '../settings.js';
import { clientAddress, Proxies } from './client-address.js';
import { isApiPath, PROBLEM_TYPE, problemOf } from './problem.js';
import { Refusal } from './refusal.js';
import { type Audience, refusal, refusalPage } from './refusal-pages.js';
import { sessionKeys } from './session-keys.js';
import type { Telemetry } from './telemetry.js';
import type { Render } from './views.js';

type RequestsTold = Pick<Telemetry, 'request'>;

declare module 'koa' {
  interface DefaultState {
    /** The client's address, see `clientAddress`. */
    address: string;
    /** The nonce that the page's Content-Security-Policy allows. */
    nonce: string;
    render: Render;
    /** Of the study, once it is known. */
    audience?: Audience;
    /** Set where programs ask and not people: errors are told as JSON whatever the client accepts. */
    json?: boolean;
  }
}

type WebSettings = Pick<
  Settings,
  'OBSERVATORY_SECRET' | 'OBSERVATORY_OLD_SECRETS' | 'OBSERVATORY_PUBLIC_URL' | 'OBSERVATORY_TRUSTED_PROXIES'
>;

/** The Koa shell: log line, error pages, headers, compression; the routes are added by the caller. */
export function createApp(settings: WebSettings, log: Logger, telemetry: RequestsTold, render: Render): Koa {
  const app = new Koa();
  app.keys = sessionKeys([settings.OBSERVATORY_SECRET, ...settings.OBSERVATORY_OLD_SECRETS]);
  const proxies = new Proxies(settings.OBSERVATORY_TRUSTED_PROXIES);
  const secure = settings.OBSERVATORY_PUBLIC_URL.startsWith('https:');

  app.use(async function prepare(ctx, next) {
    ctx.state.address = clientAddress(ctx.req, proxies);
    // 122 random bits, from a store: a call of randomBytes for each answer takes a multiple of the time.
    ctx.state.nonce = randomUUID();
    ctx.state.render = render;
    ctx.cookies.secure = secure;
    await next();
  });
  app.use((ctx, next) => logged(log, telemetry, ctx, next));
  app.use(securityHeaders(secure));
  app.use((ctx, next) => answered(log, ctx, next));
  app.use(compress({ threshold: 1024 }));
  app.on('error', (error: NodeJS.ErrnoException) => {
    // Every stream ends so when its page is closed.
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE')
      log.debug({ err: error }, 'somebody left before the end of an answer');
    else log.error({ err: error }, 'answering failed');
  });
  return app;
}

/** What comes so often, or so regularly, that a line each would hide the others. */
const frequent = /^\/(?:healthz|readyz|waiting(?:\/events)?|control\/events|proxy\/[^/]*\/(?:events|heartbeat))$/;

async function logged(log: Logger, telemetry: RequestsTold, ctx: Context, next: Next): Promise<void> {
  const start = performance.now();
  await next();
  const ms = performance.now() - start;
  telemetry.request(ctx.method, matchedRoute(ctx), ctx.status, ms / 1000);
  // The path only: a query may carry a token.
  const line = {
    method: ctx.method,
    path: loggedPath(ctx.path),
    status: ctx.status,
    ms: Math.round(ms),
  };
  if (ctx.status < 400 && frequent.test(ctx.path)) log.debug(line, 'request');
  else log.info(line, 'request');
}

/** As koa-router notes it; its types do not say so. A pattern, never what somebody wrote into the address. */
const matchedRoute = (ctx: Context): string | undefined => (ctx as { readonly _matchedRoute?: string })._matchedRoute;

/** The original's addresses name a participant, and end with the token; those of the control pages name one who may be erased. */
function loggedPath(path: string): string {
  return path.replace(
    /^(\/(?:getcode|get_ipynb|getipynb|survey|control\/(?:api\/v1\/)?studies\/[^/]*\/participants))\/.*/i,
    '$1/…',
  );
}

/** The one place where an error becomes an answer. */
async function answered(log: Logger, ctx: Context, next: Next): Promise<void> {
  try {
    await next();
    if (ctx.status === 404 && ctx.body == null) throw refusal('not-found');
  } catch (error) {
    const told = refusalOf(error);
    // A participant can name it to the researcher, who finds it in the log.
    const reference = randomBytes(4).toString('hex');
    const line = { path: loggedPath(ctx.path), status: told.status, code: told.code, reference };
    if (told.status >= 500) log.error({ err: error, ...line }, 'request failed');
    else log.warn(line, told.message);
    ctx.status = told.status;
    if (isApiPath(ctx.path)) tellProblem(ctx, told, reference);
    else if (wantsJson(ctx)) ctx.body = { error: told.code, message: told.message, ...told.details };
    else ctx.body = ctx.state.render('error.html', refusalPage(told, reference, audience(ctx)));
  }
}

function tellProblem(ctx: Context, told: Refusal, reference: string): void {
  ctx.body = problemOf(told, reference);
  ctx.type = PROBLEM_TYPE;
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // Koa's body parser says with a status what was wrong with a body.
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (status === 413) return new Refusal(413, 'too-large', 'What was sent is larger than this page accepts.');
  if (status >= 400 && status < 500) return new Refusal(status, 'bad-request', 'What was sent could not be read.');
  return refusal('internal');
}

function audience(ctx: Context): Audience {
  return ctx.state.audience ?? { language: ctx.acceptsLanguages('en', 'de') || 'en', texts: {} };
}

function wantsJson(ctx: Context): boolean {
  if (ctx.state.json === true || /^\/proxy\/[^/]*\/./.test(ctx.path)) return true;
  return ctx.accepts('html', 'json') === 'json';
}

function securityHeaders(secure: boolean): (ctx: Context, next: Next) => Promise<unknown> {
  const nonces = new WeakMap<IncomingMessage, string>();
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", (request) => `'nonce-${nonces.get(request) ?? ''}'`],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        // HTML is made of text in one place of the notebook page, by what it names itself so, and nowhere else.
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ['dompurify'],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: secure,
  });
  return (ctx, next) => {
    nonces.set(ctx.req, ctx.state.nonce);
    return protect(ctx, next) as Promise<unknown>;
  };
}
