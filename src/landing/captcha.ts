import axios from 'axios';
import { z } from 'zod';
import type { Settings } from '../platform/settings.js';
import type { OtherSources } from '../platform/web/content-policy.js';

/** What the consent page needs to show the check. */
export interface CaptchaWidget {
  readonly siteKey: string;
  /** The service's script. */
  readonly script: string;
  /** The service puts its check into the element of this class; undefined where it shows none and our own script asks for the token. */
  readonly className: string | undefined;
  /** The form's field that carries the token. */
  readonly field: string;
  readonly sources: OtherSources;
}

export interface Captcha {
  readonly widget: CaptchaWidget;
  /** Whether the service says that this token is a person's; throws CaptchaDown when it says nothing. */
  verify(token: string, address: string): Promise<boolean>;
}

/** The service cannot be asked, or it does not know us. The message names neither the secret nor the token. */
export class CaptchaDown extends Error {}

type Kind = Exclude<Settings['OBSERVATORY_CAPTCHA'], 'none'>;
type Service = Omit<CaptchaWidget, 'siteKey'> & { readonly verifyUrl: string };

const google: Omit<Service, 'className' | 'script'> = {
  field: 'g-recaptcha-response',
  verifyUrl: 'https://www.google.com/recaptcha/api/siteverify',
  sources: {
    script: ['https://www.google.com/recaptcha/', 'https://www.gstatic.com/recaptcha/'],
    frame: ['https://www.google.com/recaptcha/', 'https://recaptcha.google.com/recaptcha/'],
    style: [],
    connect: ['https://www.google.com/recaptcha/'],
  },
};
const hcaptcha = ['https://hcaptcha.com', 'https://*.hcaptcha.com'];
const turnstile = 'https://challenges.cloudflare.com';

/** As the services' own pages say, their Content-Security-Policy too. */
const services: Readonly<Record<Kind, (siteKey: string) => Service>> = {
  'recaptcha-v2': () => ({
    ...google,
    className: 'g-recaptcha',
    script: 'https://www.google.com/recaptcha/api.js',
  }),
  'recaptcha-v3': (siteKey) => ({
    ...google,
    className: undefined,
    script: `https://www.google.com/recaptcha/api.js?render=${encodeURIComponent(siteKey)}`,
  }),
  hcaptcha: () => ({
    className: 'h-captcha',
    script: 'https://js.hcaptcha.com/1/api.js',
    field: 'h-captcha-response',
    verifyUrl: 'https://api.hcaptcha.com/siteverify',
    sources: { script: hcaptcha, frame: hcaptcha, style: hcaptcha, connect: hcaptcha },
  }),
  turnstile: () => ({
    className: 'cf-turnstile',
    script: `${turnstile}/turnstile/v0/api.js`,
    field: 'cf-turnstile-response',
    verifyUrl: `${turnstile}/turnstile/v0/siteverify`,
    sources: { script: [turnstile], frame: [turnstile], style: [], connect: [] },
  }),
};

/** What our own script names its tokens, see templates/assets/captcha.js. */
const ACTION = 'consent';
/** A participant waits for it on a page. */
const MILLISECONDS = 5_000;
/** What no service's token is longer than. */
const LONGEST_TOKEN = 8_192;

const answerSchema = z.object({
  success: z.boolean(),
  score: z.number().nullish(),
  action: z.string().nullish(),
  'error-codes': z.array(z.string()).nullish(),
});
type Answer = z.infer<typeof answerSchema>;

export type CaptchaSettings = Pick<
  Settings,
  | 'OBSERVATORY_CAPTCHA'
  | 'OBSERVATORY_CAPTCHA_SITE_KEY'
  | 'OBSERVATORY_CAPTCHA_SECRET'
  | 'OBSERVATORY_CAPTCHA_VERIFY_URL'
  | 'OBSERVATORY_CAPTCHA_MIN_SCORE'
>;

/** The deployment's captcha, undefined when it has none. */
export function captchaOf(settings: CaptchaSettings): Captcha | undefined {
  const kind = settings.OBSERVATORY_CAPTCHA;
  if (kind === 'none') return undefined;
  const siteKey = settings.OBSERVATORY_CAPTCHA_SITE_KEY!;
  const secret = settings.OBSERVATORY_CAPTCHA_SECRET!;
  const { verifyUrl, ...widget } = services[kind](siteKey);
  const isPerson = ({ success, score, action }: Answer): boolean => {
    if (!success || kind !== 'recaptcha-v3') return success;
    return action === ACTION && (score ?? 0) >= settings.OBSERVATORY_CAPTCHA_MIN_SCORE;
  };
  return {
    widget: { siteKey, ...widget },
    async verify(token, address) {
      if (token === '' || token.length > LONGEST_TOKEN) return false;
      const form = { secret, response: token, remoteip: address, sitekey: siteKey };
      return isPerson(await ask(settings.OBSERVATORY_CAPTCHA_VERIFY_URL ?? verifyUrl, form));
    },
  };
}

async function ask(url: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  const { status, data } = await axios
    .post<unknown>(url, new URLSearchParams(form), {
      headers: { Accept: 'application/json' },
      signal: AbortSignal.timeout(MILLISECONDS),
      maxContentLength: 100_000,
      maxRedirects: 0,
      validateStatus: () => true,
    })
    .catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new CaptchaDown(axios.isCancel(error) ? `no answer within ${MILLISECONDS} ms` : (code ?? message));
    });
  const answer = answerSchema.safeParse(data);
  if (!answer.success) throw new CaptchaDown(`it answered ${status} with something else than a verdict`);
  const codes = answer.data['error-codes'] ?? [];
  // Not the participant's fault: nobody would get in.
  const ours = codes.filter((code) => /secret|sitekey|bad-request|internal-error/.test(code));
  if (!answer.data.success && ours.length > 0) throw new CaptchaDown(`it says ${ours.join(', ')}`);
  return answer.data;
}
