/** A real OpenID Connect provider in this process, at which one is whoever the test says. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export const CLIENT = { id: 'observatory', secret: 'a secret of the client' };

export class OpenIdProvider {
  /** Who signs in next: the subject, and what is said of them. */
  person: { readonly sub: string; readonly [claim: string]: unknown } = { sub: 'nobody' };
  /** Code challenges that were asked with. */
  readonly challenges: string[] = [];

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  /** `redirect` is where the platform wants its answers. On `localhost`, which is another site than 127.0.0.1. */
  static async start(redirect: string): Promise<OpenIdProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
    const running = new OpenIdProvider(issuer, server);
    const provider = new Provider(issuer, {
      clients: [
        {
          ...{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirect] },
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => running.person }),
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      pkce: { required: () => true },
      cookies: { keys: ['a key of the test'] },
      async loadExistingGrant(ctx) {
        const grant = new ctx.oidc.provider.Grant({
          clientId: ctx.oidc.client!.clientId,
          accountId: ctx.oidc.session!.accountId!,
        });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
    });
    const answer = provider.callback();
    server.on('request', (request, response) => {
      const url = new URL(request.url!, issuer);
      if (url.pathname === '/auth') running.challenges.push(url.searchParams.get('code_challenge_method') ?? 'none');
      const signedIn = { login: { accountId: running.person.sub } };
      if (url.pathname.startsWith('/interaction/')) void provider.interactionFinished(request, response, signedIn);
      else void answer(request, response);
    });
    return running;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }
}
