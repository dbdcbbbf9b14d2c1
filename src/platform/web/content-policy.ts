import type { Context } from 'koa';

/** Where a page may take scripts and frames from, and whom its scripts may ask, beyond this site. */
export interface OtherSources {
  readonly script: readonly string[];
  readonly frame: readonly string[];
  readonly style: readonly string[];
  readonly connect: readonly string[];
}

/** Scripts of this one answer make HTML of text by this policy, and by no other. */
export function allowHtmlBy(ctx: Context, policy: string): void {
  const name = 'Content-Security-Policy';
  ctx.set(name, ctx.response.get(name).replace(/trusted-types [^;]*/, `trusted-types ${policy}`));
}

/** Widens the Content-Security-Policy of this one answer; that of all others stays as it is. */
export function allowOtherSources(ctx: Context, sources: OtherSources): void {
  const name = 'Content-Security-Policy';
  const policy = new Map<string, string[]>();
  for (const directive of ctx.response.get(name).split(';')) {
    const [kind = '', ...values] = directive.trim().split(/\s+/);
    policy.set(kind, values);
  }
  for (const [kind, more] of Object.entries(sources) as [string, readonly string[]][]) {
    policy.set(`${kind}-src`, [...(policy.get(`${kind}-src`) ?? []), ...more]);
  }
  // Scripts of others make HTML of text in their own ways.
  for (const ours of ['require-trusted-types-for', 'trusted-types']) policy.delete(ours);
  ctx.set(name, [...policy].map(([kind, values]) => [kind, ...values].join(' ')).join(';'));
}
