/**
 * What a client may be told: the status, a code for programs and a sentence for people.
 * Everything else that is thrown reaches the client as a plain 500 only.
 */
export class Refusal extends Error {
  readonly expose = true;
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
