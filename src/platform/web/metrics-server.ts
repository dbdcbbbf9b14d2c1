import type { Registry } from 'prom-client';
import { addressOf, close, listen } from './listener.js';

export interface MetricsServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** Serves `/metrics` for Prometheus and `/healthz` for whoever restarts what is ill, on `host:port`. */
export async function serveMetrics(
  address: string,
  registry: Registry,
  healthy: () => boolean,
): Promise<MetricsServer> {
  const answers: Readonly<Record<string, () => Promise<{ status: number; type: string; body: string }>>> = {
    '/metrics': async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
    '/healthz': () => {
      const ok = healthy();
      return Promise.resolve({ status: ok ? 200 : 503, type: 'application/json', body: JSON.stringify({ ok }) });
    },
  };
  const notFound = () =>
    Promise.resolve({ status: 404, type: 'text/plain', body: 'Here are /metrics and /healthz.\n' });
  const server = await listen((request, response) => {
    const answer = answers[request.url?.split('?')[0] ?? ''] ?? notFound;
    answer().then(
      ({ status, type, body }) => response.writeHead(status, { 'Content-Type': type }).end(body),
      (error: unknown) => response.writeHead(500, { 'Content-Type': 'text/plain' }).end((error as Error).message),
    );
  }, address);
  return { address: addressOf(server), stop: () => close(server) };
}
