/** Why nothing (more) is deployed, in sentences that say what to do. */
export class DeployError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'DeployError';
  }
}
