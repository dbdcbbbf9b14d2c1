/** Told what a web process does, as it happens. Nothing that names a participant is told. */
export interface Telemetry {
  /** `route` as the router has it, such as /proxy/:id/events; undefined where no route was reached. */
  request(method: string, route: string | undefined, status: number, seconds: number): void;
  /** `let-in`, or the code of the refusal. */
  gate(answer: string, seconds: number): void;
  events(became: 'stored' | 'duplicate' | 'apart' | 'gap' | 'ended', count: number): void;
  /** Somebody of the line got an instance, after so many seconds. */
  served(seconds: number): void;
  captcha(verdict: 'passed' | 'failed' | 'down'): void;
  /** What the researcher's token service was asked, and what came of it. */
  tokenService(question: 'check' | 'used', answer: 'valid' | 'invalid' | 'expired' | 'told' | 'down'): void;
}
