import { z } from 'zod';

const middleware = z.object({
  status: z.string().optional(),
  error: z.array(z.string()).nullish(),
  forwardAuth: z
    .object({
      address: z.string(),
      trustForwardHeader: z.boolean().nullish(),
      authResponseHeaders: z.array(z.string()).nullish(),
    })
    .nullish(),
});

/** Traefik's own description of a middleware: where the gate is asked, and what keeps it from guarding the instances. */
export function forwardAuth(description: string): { readonly address: string; readonly problems: readonly string[] } {
  const { status, error, forwardAuth: auth } = middleware.parse(JSON.parse(description));
  if (auth === null || auth === undefined) return { address: '', problems: ['it is no forwardAuth: it asks nobody'] };
  const passedOn = (auth.authResponseHeaders ?? []).some((name) => name.toLowerCase() === 'authorization');
  return {
    address: auth.address,
    problems: [
      ...(status === undefined || status === 'enabled' ? [] : [`it is ${status}: ${(error ?? []).join(', ')}`]),
      ...(URL.canParse(auth.address) && new URL(auth.address).pathname === '/gate'
        ? []
        : [`it asks ${auth.address}, but the gate is at http://<OBSERVATORY_GATE_LISTEN>/gate`]),
      ...(passedOn ? [] : ['its authResponseHeaders lack Authorization, so the instance never gets its token']),
      ...(auth.trustForwardHeader === true
        ? ['its trustForwardHeader is true, so a client can name another path than the one it asks for']
        : []),
    ],
  };
}
