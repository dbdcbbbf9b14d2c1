import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { readStanding } from '../participants/standing.js';
import type { Logger } from '../platform/log.js';
import type { Queryable } from '../platform/postgres/database.js';
import type { Telemetry } from '../platform/web/telemetry.js';

interface Needs {
  readonly database: Queryable;
  readonly log: Logger;
}

const prefix = 'observatory_web_';
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** What a web process does, as Prometheus reads it. No label names a participant, an instance or an address that somebody asked for. */
export function createWebMetrics(needs: Needs): { readonly telemetry: Telemetry; readonly registry: Registry } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const request = requestMetrics(registry);
  const gate = gateMetrics(registry);
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `${prefix}${name}`, help, labelNames, registers: [registry] });
  const events = counter(
    'events_total',
    'Events of notebooks by what became of them: stored, duplicate, apart, gap, ended.',
    'became',
  );
  const captcha = counter('captcha_checks_total', 'Captcha checks by verdict: passed, failed, down.', 'verdict');
  const tokens = counter(
    'token_service_questions_total',
    'What token services were asked (check, used), and what came of it.',
    ...['question', 'answer'],
  );
  const waits = new Histogram({
    name: `${prefix}claim_wait_seconds`,
    help: 'How long participants had waited when they got their instance; its count is the claims.',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
    registers: [registry],
  });
  // Without these a rate would miss the first of each.
  for (const became of ['stored', 'duplicate', 'apart', 'gap', 'ended']) events.inc({ became }, 0);
  for (const verdict of ['passed', 'failed', 'down']) captcha.inc({ verdict }, 0);
  for (const question of ['check', 'used']) tokens.inc({ question, answer: 'down' }, 0);
  addStanding(registry, needs);
  const telemetry: Telemetry = {
    ...{ request, gate },
    events: (became, count) => {
      if (count > 0) events.inc({ became }, count);
    },
    served: (seconds) => {
      waits.observe(seconds);
    },
    captcha: (verdict) => {
      captcha.inc({ verdict });
    },
    tokenService: (question, answer) => {
      tokens.inc({ question, answer });
    },
  };
  return { telemetry, registry };
}

function requestMetrics(registry: Registry): Telemetry['request'] {
  const count = new Counter({
    name: `${prefix}requests_total`,
    help: 'Requests by method, route and outcome: ok (2xx), redirect (3xx), refused (4xx), failed (5xx).',
    labelNames: ['method', 'route', 'outcome'],
    registers: [registry],
  });
  const time = new Histogram({
    name: `${prefix}request_seconds`,
    help: 'How long a request takes, by route; of a stream, until it begins.',
    labelNames: ['route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 3, 10],
    registers: [registry],
  });
  return (method, route = 'none', status, seconds) => {
    count.inc({ method: methods.has(method) ? method : 'other', route, outcome: outcomeOf(status) });
    time.observe({ route }, seconds);
  };
}

function outcomeOf(status: number): string {
  if (status >= 500) return 'failed';
  if (status >= 400) return 'refused';
  return status >= 300 ? 'redirect' : 'ok';
}

function gateMetrics(registry: Registry): Telemetry['gate'] {
  const count = new Counter({
    name: `${prefix}gate_answers_total`,
    help: 'Answers of the gate: let-in, or why not.',
    labelNames: ['answer'],
    registers: [registry],
  });
  const time = new Histogram({
    name: `${prefix}gate_seconds`,
    help: 'How long the gate takes to answer.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  for (const answer of ['let-in', 'internal', 'not-allowed']) count.inc({ answer }, 0);
  return (answer, seconds) => {
    count.inc({ answer });
    time.observe(seconds);
  };
}

const lossKinds = ['lost', 'missing', 'strays'] as const;

/** Read from Postgres when Prometheus asks, once for all of them: every web process tells the same. */
function addStanding(registry: Registry, { database, log }: Needs): void {
  let reading: Promise<void> | undefined;
  const collect = (): Promise<void> => (reading ??= read().finally(() => (reading = undefined)));
  const of = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `${prefix}${name}`, help, labelNames, registers: [registry], collect });
  const answers = of('database_answers', 'Whether Postgres answers this process: 1 or 0; with 0 no study is known.');
  const working = of('working_participants', 'Participants who have an instance.', 'study');
  const waiting = of('waiting_participants', 'Participants in the line.', 'study');
  const longest = of('longest_wait_seconds', 'How long the participant waits who has waited longest.', 'study');
  const loss = of('record_loss', 'Events lost or missing, and strays, which are kept apart.', 'study', 'kind');

  async function read(): Promise<void> {
    const studies = await readStanding(database).catch((error: unknown) => {
      log.warn({ err: error }, 'the studies could not be read for Prometheus');
      return undefined;
    });
    for (const gauge of [working, waiting, longest, loss]) gauge.reset();
    answers.set(studies === undefined ? 0 : 1);
    for (const study of studies ?? []) {
      working.set({ study: study.study }, study.working);
      waiting.set({ study: study.study }, study.waiting);
      longest.set({ study: study.study }, study.waitSeconds);
      for (const kind of lossKinds) loss.set({ study: study.study, kind }, study.loss[kind] ?? 0);
    }
  }
}
