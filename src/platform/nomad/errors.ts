/** A call that did not succeed: which one, the status (0 when no answer came) and Nomad's own words. */
export class NomadError extends Error {
  constructor(
    readonly call: string,
    readonly status: number,
    readonly words: string,
    options?: ErrorOptions,
  ) {
    super(
      status === 0 ? `${call}: no answer from Nomad (${words})` : `${call}: Nomad answered ${status}: ${words}`,
      options,
    );
    this.name = 'NomadError';
  }
}
