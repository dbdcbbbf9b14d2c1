import type * as OpenId from 'openid-client';
import { claimIn, type ClaimedRoles, parseRoles, type Role, roleOf } from '../../platform/claimed-roles.js';
import type { Settings } from '../../platform/settings.js';

const CALLBACK = '/control/sign-in/oidc/callback';
const SECONDS = 10;

/** What the browser keeps between the way out and the way back. */
export interface Started {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly to: string;
}

/** Whoever has signed in elsewhere. */
export interface Stranger {
  /** Issuer and subject: it never becomes another's. */
  readonly subject: string;
  readonly name: string;
  readonly role: Role | undefined;
}

interface Provider {
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  readonly nameClaim: string;
  readonly roleClaim: string;
  readonly roles: ClaimedRoles;
  /** Where browsers find the control pages. */
  readonly controlUrl: string;
}

/** An OpenID Connect provider: authorization code with PKCE, state and nonce. Asked for its metadata at the first sign-in. */
export class IdentityProvider {
  private found: Promise<OpenId.Configuration> | undefined;

  constructor(private readonly provider: Provider) {}

  async start(to: string): Promise<{ readonly started: Started; readonly address: string }> {
    const client = await import('openid-client');
    const configuration = await this.configuration();
    const started = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      to,
    };
    const address = client.buildAuthorizationUrl(configuration, {
      redirect_uri: new URL(CALLBACK, this.provider.controlUrl).href,
      scope: this.provider.scope,
      state: started.state,
      nonce: started.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(started.verifier),
      code_challenge_method: 'S256',
    });
    return { started, address: address.href };
  }

  /** Throws when the answer is not one to what was started, or is not the provider's. */
  async finish({ state, nonce, verifier }: Started, search: string): Promise<Stranger> {
    const client = await import('openid-client');
    const configuration = await this.configuration();
    const answer = new URL(CALLBACK + search, this.provider.controlUrl);
    const tokens = await client.authorizationCodeGrant(configuration, answer, {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
    });
    const own = tokens.claims()!;
    const { nameClaim, roleClaim } = this.provider;
    let claims: Readonly<Record<string, unknown>> = own;
    const isWhole = [nameClaim, roleClaim].every((name) => claimIn(claims, name) !== undefined);
    // Many put into the token only who somebody is, and tell the rest when asked.
    if (!isWhole && configuration.serverMetadata().userinfo_endpoint !== undefined)
      claims = { ...(await client.fetchUserInfo(configuration, tokens.access_token, own.sub)), ...own };
    const name = claimIn(claims, nameClaim);
    return {
      subject: `${own.iss} ${own.sub}`,
      name: typeof name === 'string' ? name.toLowerCase() : '',
      role: roleOf(this.provider.roles, claimIn(claims, roleClaim)),
    };
  }

  private configuration(): Promise<OpenId.Configuration> {
    this.found ??= this.discover().catch((error: unknown) => {
      // It may be back when the next one asks.
      this.found = undefined;
      throw error;
    });
    return this.found;
  }

  private async discover(): Promise<OpenId.Configuration> {
    const client = await import('openid-client');
    const { issuer, clientId, clientSecret } = this.provider;
    return client.discovery(issuer, clientId, clientSecret, undefined, {
      timeout: SECONDS,
      // The settings allow this on the machine itself alone.
      execute: issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [],
    });
  }
}

/** Undefined where the settings name none. */
export function identityProviderOf(settings: Settings): IdentityProvider | undefined {
  const { OBSERVATORY_OIDC_ISSUER: issuer, OBSERVATORY_OIDC_CLIENT_ID: clientId } = settings;
  const { OBSERVATORY_OIDC_CLIENT_SECRET: clientSecret, OBSERVATORY_OIDC_ROLES: roles } = settings;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined || roles === undefined)
    return undefined;
  return new IdentityProvider({
    ...{ issuer: new URL(issuer), clientId, clientSecret, roles: parseRoles(roles) ?? [] },
    scope: settings.OBSERVATORY_OIDC_SCOPE,
    nameClaim: settings.OBSERVATORY_OIDC_NAME_CLAIM,
    roleClaim: settings.OBSERVATORY_OIDC_ROLE_CLAIM,
    controlUrl: settings.OBSERVATORY_CONTROL_URL ?? settings.OBSERVATORY_PUBLIC_URL,
  });
}
