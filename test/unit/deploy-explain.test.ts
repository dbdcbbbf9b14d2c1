import assert from 'node:assert/strict';
import { explainUnparsed } from '../../src/deploy/explain.js';
import { NomadError } from '../../src/platform/nomad/errors.js';

describe('what deploy says of a job file that Nomad cannot read', () => {
  const said = (words: string): string[] => explainUnparsed(new NomadError('parse', 400, words), 'jobs/web.nomad.hcl');

  it('is the error itself, not the values that other job files declare', () => {
    const undeclared = '<nil>: Undefined variable; A "python" variable was set but was not found in known variables.';
    const own = 'input.hcl:191,3-7: Unsupported argument; An argument named "typo" is not expected here.';
    const line =
      'jobs/web.nomad.hcl: line 191,3-7: Unsupported argument; An argument named "typo" is not expected here.';
    assert.deepEqual(said(`Failed to parse job: ${undeclared}\n${undeclared}\n${own}`), [line]);
    assert.deepEqual(said(`Failed to parse job: ${own}`), [line]);
  });

  it('names the values where those cannot be read', () => {
    assert.deepEqual(
      said('Failed to parse job: unable to parse var content: input.hcl:3,13-4,1: Invalid expression; …'),
      ['The values of --var-file and --var: line 3,13-4,1: Invalid expression; …'],
    );
  });
});
