import type { Context } from 'koa';
import type { StoredStudy } from '../participants/study-store.js';
import type { Logger } from '../platform/log.js';
import { refusal } from '../platform/web/refusal-pages.js';
import type { Telemetry } from '../platform/web/telemetry.js';
import { type Captcha, CaptchaDown } from './captcha.js';

/** As long as the services' tokens are good for. */
const REMEMBERED_MS = 120_000;

/** The captcha that participants of this study see. */
export const captchaFor = (captcha: Captcha | undefined, study: StoredStudy): Captcha | undefined =>
  study.page.entry.captcha === false ? undefined : captcha;

/**
 * A service takes a token once; who clicks twice sends it twice. So the verdict on a token is remembered for the session
 * that showed it, also while the service is still being asked.
 */
export class CaptchaVerdicts {
  private readonly verdicts = new Map<string, Promise<boolean>>();

  constructor(
    private readonly log: Logger,
    private readonly telemetry: Pick<Telemetry, 'captcha'>,
  ) {}

  async passed(ctx: Context, captcha: Captcha, session: string | undefined): Promise<boolean> {
    const token = tokenOf(ctx, captcha.widget.field);
    if (token === '') return this.told(false);
    const key = `${session ?? ''} ${token}`;
    const verdict = this.verdicts.get(key) ?? captcha.verify(token, ctx.state.address);
    if (session !== undefined && !this.verdicts.has(key)) this.remember(key, verdict);
    return verdict.then(
      (passed) => this.told(passed),
      (error: unknown) => {
        if (!(error instanceof CaptchaDown)) throw error;
        this.telemetry.captcha('down');
        this.log.error({ reason: error.message }, 'the captcha service cannot be asked: nobody new gets in');
        throw refusal('captcha-down');
      },
    );
  }

  private told(passed: boolean): boolean {
    this.telemetry.captcha(passed ? 'passed' : 'failed');
    return passed;
  }

  private remember(key: string, verdict: Promise<boolean>): void {
    this.verdicts.set(key, verdict);
    const forget = (): void => {
      this.verdicts.delete(key);
    };
    // A service that was away is asked again.
    verdict.then(() => setTimeout(forget, REMEMBERED_MS).unref(), forget);
  }
}

function tokenOf(ctx: Context, field: string): string {
  const token = (ctx.request.body as Readonly<Record<string, unknown>> | undefined)?.[field];
  return typeof token === 'string' ? token : '';
}
