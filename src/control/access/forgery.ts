import type { Context } from 'koa';
import { sameSecret } from '../../platform/identity.js';
import { formFields } from '../../platform/web/body.js';
import { Refusal } from '../../platform/web/refusal.js';

/** A form of the control pages is small. */
const LIMIT = '64kb';

/** The fields of a form that one of our own pages sent: the browser says where it comes from, and the form has the session's token. */
export async function ownForm(ctx: Context, token: string | undefined): Promise<URLSearchParams> {
  refuseOtherSites(ctx);
  const form = await formFields(ctx, LIMIT);
  if (token === undefined || !sameSecret(form.get('token') ?? '', token)) throw foreign();
  return form;
}

function refuseOtherSites(ctx: Context): void {
  const site = ctx.get('sec-fetch-site');
  if (site !== '' && site !== 'same-origin' && site !== 'none') throw foreign();
  const origin = ctx.get('origin');
  // Older browsers send none; `null` is what a sandboxed or hidden page is.
  if (origin !== '' && hostOf(origin) !== ctx.host) throw foreign();
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

const foreign = (): Refusal =>
  new Refusal(
    403,
    'foreign-form',
    'This form is not one of this page any more. Go back, load the page again and repeat.',
  );
