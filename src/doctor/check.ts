/** What a check found: `ok` is null when it could not be tried, and `answer` says why. */
export interface Finding {
  readonly ok: boolean | null;
  readonly tried: string;
  readonly answer: string;
  /** What to do; null where nothing is wrong. */
  readonly advice: string | null;
}

export interface Check {
  readonly name: string;
  /** Checks without which this one could tell nothing; they stand before it in the list. */
  readonly needs: readonly string[];
  /** Checks that are over before this one starts, whatever came of them. It then runs although the doctor is interrupted. */
  readonly cleansUpAfter?: readonly string[];
  /** How long it may take. */
  readonly seconds?: number;
  run(signal: AbortSignal): Promise<Finding>;
}

export interface Result extends Finding {
  readonly name: string;
  readonly milliseconds: number;
  /** The check that failed, where this one was not tried because of it. */
  readonly because: string | null;
}

export const well = (tried: string, answer: string): Finding => ({ ok: true, tried, answer, advice: null });

export const wrong = (tried: string, answer: string, advice: string): Finding => ({ ok: false, tried, answer, advice });

export const notTried = (why: string): Finding => ({ ok: null, tried: '', answer: why, advice: null });
