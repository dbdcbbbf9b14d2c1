import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import path from 'node:path';
import type Koa from 'koa';
import Router from 'koa-router';
import { z } from 'zod';
import { identityProviderOf } from '../control/access/identity-provider.js';
import { ownHost } from '../control/access/own-host.js';
import { nomadUi } from '../control/nomad-ui.js';
import { Lookout } from '../control/overview/lookout.js';
import { overviewView } from '../control/overview/page.js';
import { createWebMetrics } from '../control/metrics.js';
import { type Control, controlRoutes } from '../control/routes.js';
import { startRetiring } from '../control/retiring.js';
import { staleAfter } from '../control/status.js';
import { gateListener } from '../gate/gate.js';
import { LeaseQuestions } from '../gate/lease-questions.js';
import { unreachableRoutes } from '../gate/unreachable.js';
import { captchaOf } from '../landing/captcha.js';
import { landingRoutes } from '../landing/routes.js';
import { TokenTelling } from '../landing/token-telling.js';
import { WaitingRoom } from '../landing/waiting-room.js';
import { waitingRoutes } from '../landing/waiting-routes.js';
import { forgetOldStarts } from '../participants/address.js';
import { eraseOld } from '../participants/erase.js';
import { Preparation } from '../participants/preparation.js';
import { InstanceClient } from '../platform/instance.js';
import { webNomadInquiry } from '../platform/nomad/inspect.js';
import type { Logger } from '../platform/log.js';
import { type Database, openDatabase } from '../platform/postgres/database.js';
import { parsePrice } from '../platform/price.js';
import { keys, openRedis, popReady, pushOld } from '../platform/redis.js';
import { packageRoot } from '../platform/root.js';
import type { Settings } from '../platform/settings.js';
import { createApp } from '../platform/web/app.js';
import { assetRoute } from '../platform/web/assets.js';
import { Proxies } from '../platform/web/client-address.js';
import { parseLimits } from '../platform/web/limit-groups.js';
import { RequestLimits } from '../platform/web/limits.js';
import { addressOf, close, listen } from '../platform/web/listener.js';
import { serveMetrics } from '../platform/web/metrics-server.js';
import { Refusal } from '../platform/web/refusal.js';
import { createViews } from '../platform/web/views.js';
import { oldAddressRoutes } from '../submit/legacy/routes.js';
import { type NotebookAssets, submitRoutes } from '../submit/routes.js';
import { surveyRoutes } from '../submit/survey-routes.js';

/** As the routers have it. */
export interface Route {
  readonly methods: readonly string[];
  readonly path: string;
}

export interface RunningWeb {
  readonly address: string;
  readonly gateAddress: string;
  /** Undefined where it serves no metrics. */
  readonly metricsAddress: string | undefined;
  readonly routes: readonly Route[];
  stop(): Promise<void>;
}

const notebookFolder = path.join(packageRoot, 'dist', 'notebook');

/** Starts the web app; `stop` answers what is under way and closes everything. */
export async function startWeb(settings: Settings, log: Logger): Promise<RunningWeb> {
  const database = openDatabase(settings.DATABASE_URL, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  );
  const redis = openRedis(settings.REDIS_URL, (error) =>
    log.warn({ err: error }, 'redis is away; going on from Postgres'),
  );
  const { telemetry, registry } = createWebMetrics({ database, log });
  const nudge = (): void => {
    redis.publish(keys.nudge, 'web').catch((error: unknown) => log.debug({ err: error }, 'the manager was not nudged'));
  };
  const refill = laterUnless(nudge);
  const tellOld = (instances: readonly string[]): void => {
    pushOld(redis, instances).catch((error: unknown) => log.debug({ err: error }, 'the manager was not told'));
  };
  const webNomad = webNomadInquiry(settings);
  const hints = { pop: () => popReady(redis) };

  const assets = await notebookAssets();
  const secret = settings.OBSERVATORY_SECRET;
  const traefikUrl = settings.OBSERVATORY_TRAEFIK_URL ?? settings.OBSERVATORY_PUBLIC_URL;
  const preparation = new Preparation({ database, instances: new InstanceClient(traefikUrl, secret), log });
  const prepare = (): void => {
    preparation.hurry();
  };
  const tokens = new TokenTelling({ database, log, telemetry });
  const room = new WaitingRoom({ database, hints, log, prepare, telemetry });
  const nomad = nomadUi(settings);
  const render = createViews();
  const lookout = new Lookout({
    ...{ database, log, staleAfterSeconds: staleAfter(settings) },
    show: (overview, visitor) => render('control/overview-live.html', overviewView(overview, visitor, nomad)),
  });
  const retiring = startRetiring({ database, log, tellOld });
  const app = createApp(settings, log, telemetry, render);
  const limits = new RequestLimits({ limits: parseLimits(settings.OBSERVATORY_LIMITS ?? '')!, redis, secret });
  app.use(limits.middleware);
  app.use(ownHost(settings.OBSERVATORY_CONTROL_URL));
  const router = new Router();
  router.get('/healthz', (ctx) => {
    ctx.body = { ok: true };
  });
  router.get('/readyz', async (ctx) => {
    const ready = await database.query('select from studies limit 1').then(
      () => true,
      () => false,
    );
    ctx.status = ready ? 200 : 503;
    ctx.body = { ok: ready, database: ready };
  });
  router.get('/assets/notebook/:file', assetRoute(notebookFolder, true));
  router.get('/assets/landing/:file', assetRoute(path.join(packageRoot, 'templates', 'assets'), false));
  // In the order in which they are asked: what a page at work sends by the thousand comes first.
  const routers = [
    submitRoutes({ database, hints, assets, log, secret, nudge, prepare, telemetry }),
    router,
    unreachableRoutes(database),
    ...controlRoutes({
      ...{ database, redis, secret, staleAfterSeconds: staleAfter(settings), nomad, lookout },
      ...{ log, provider: identityProviderOf(settings), publicUrl: settings.OBSERVATORY_PUBLIC_URL },
      ...{ webNomad, replay: assets.replay },
      instanceHourPrice: parsePrice(settings.OBSERVATORY_INSTANCE_HOUR_COST ?? ''),
    }),
    landingRoutes({
      ...{ database, log, secret, room, refill, telemetry, captcha: captchaOf(settings) },
      tokenUsed: (participant) => {
        tokens.used(participant);
      },
      notebookFiles: [assets.begin, assets.js, assets.css, ...assets.preload],
    }),
    waitingRoutes(room),
    surveyRoutes(database),
    oldAddressRoutes({ database, secret, nudge }),
  ];
  for (const each of routers) app.use(each.routes()).use(refuseOtherMethods(each));

  const questions = new LeaseQuestions(database);
  const gate = gateListener({
    holds: (participant, instance) => questions.holds(participant, instance),
    wait: (session) => limits.waitAtGate(session),
    ...{ log, secret, telemetry, oldSecrets: settings.OBSERVATORY_OLD_SECRETS },
    proxies: new Proxies(settings.OBSERVATORY_TRUSTED_PROXIES),
  });
  const servers = await Promise.all([
    listenTo(app, settings.OBSERVATORY_LISTEN),
    listen(gate, settings.OBSERVATORY_GATE_LISTEN),
  ]);
  const metricsListen = settings.OBSERVATORY_WEB_METRICS_LISTEN;
  const metrics = metricsListen === undefined ? undefined : await serveMetrics(metricsListen, registry, () => true);
  const [address, gateAddress] = servers.map(addressOf) as [string, string];
  log.info(
    { address, gateAddress },
    'web listens: Traefik sends participants to the first, its questions to the second',
  );
  const loops = [preparation, tokens, retiring];
  const sweeping = sweepHourly(database, log);
  return {
    ...{ address, gateAddress, metricsAddress: metrics?.address },
    routes: routers.flatMap(({ stack }) => stack.map(({ methods, path }) => ({ methods, path: String(path) }))),
    async stop() {
      clearInterval(sweeping);
      await Promise.all([
        room.stop(),
        lookout.stop(),
        metrics?.stop(),
        ...servers.map(close),
        ...loops.map((loop) => loop.stop()),
      ]);
      webNomad?.close();
      redis.disconnect();
      await database.end();
    },
  };
}

/** What a page does not take is refused, with those methods named that it takes. */
function refuseOtherMethods(router: Router): Router.IMiddleware {
  const looked = router.allowedMethods();
  return async (ctx, next) => {
    await looked(ctx, next);
    if (ctx.body != null || (ctx.status !== 405 && ctx.status !== 501)) return;
    throw new Refusal(405, 'wrong-method', 'This page does not take such a request.');
  };
}

function sweepHourly(database: Database, log: Logger): NodeJS.Timeout {
  const sweep = (): void => {
    forgetOldStarts(database).catch((error: unknown) => {
      log.warn({ err: error }, 'what was counted of addresses on the days before is still there');
    });
    eraseOld(database, new Date()).then(
      (count) => {
        if (count > 0) log.info({ count }, 'participants were erased: their studies keep their data no longer');
      },
      (error: unknown) => {
        log.warn(
          { err: error },
          'participants whose data is kept no longer could not be erased; trying again in an hour',
        );
      },
    );
  };
  sweep();
  return setInterval(sweep, 3_600_000).unref();
}

function listenTo(app: Koa, address: string): Promise<Server> {
  const answer = app.callback();
  return listen((request, response) => void answer(request, response), address);
}

/** On one machine a new instance's start would slow down the page of whoever just got one. */
const REFILL_AFTER_MS = 1_000;

function laterUnless(nudge: () => void): (isUrgent: boolean) => void {
  let timer: NodeJS.Timeout | undefined;
  return (isUrgent) => {
    if (isUrgent) nudge();
    else
      timer ??= setTimeout(() => {
        timer = undefined;
        nudge();
      }, REFILL_AFTER_MS).unref();
  };
}

const manifestSchema = z.object({
  begin: z.string(),
  js: z.string(),
  css: z.string(),
  preload: z.array(z.string()),
  replay: z.object({ js: z.string(), css: z.string() }),
});

async function notebookAssets(): Promise<NotebookAssets & Pick<Control, 'replay'>> {
  const file = path.join(notebookFolder, 'manifest.json');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error('The notebook page is not built: run `npm run build` first.');
  });
  const { begin, js, css, preload, replay } = manifestSchema.parse(JSON.parse(text));
  const url = (name: string): string => `/assets/notebook/${name}`;
  return {
    begin: url(begin),
    js: url(js),
    css: url(css),
    preload: preload.map(url),
    replay: { js: url(replay.js), css: url(replay.css) },
  };
}
