/** The description of the HTTP API: it is valid, and the committed one is of today. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openApi } from '../../src/control/api/document.js';
import { endpoints } from '../../src/control/api/endpoints.js';
import { packageRoot } from '../../src/platform/root.js';

const document = () => JSON.parse(JSON.stringify(openApi(endpoints))) as Record<string, unknown>;

describe('the OpenAPI document', () => {
  it('is valid, each of its references included', async () => {
    const validator = new Validator();
    const result = await validator.validate(document());
    assert.deepEqual([result.valid, result.errors], [true, undefined]);
    assert.equal(validator.version, '3.1');
    validator.resolveRefs();
  });

  it('is refused by the validator when it is not valid', async () => {
    const result = await new Validator().validate({ ...document(), paths: { '/self': { get: { responses: 7 } } } });
    assert.equal(result.valid, false);
  });

  it('is docs/openapi.json, which `npm run openapi` writes', async () => {
    const committed = await readFile(path.join(packageRoot, 'docs/openapi.json'), 'utf8');
    assert.deepEqual(JSON.parse(committed), document(), 'run `npm run openapi`');
  });

  it('names each schema once, and has no operation twice', () => {
    const operations = endpoints.map(({ name }) => name);
    assert.equal(new Set(operations).size, operations.length);
  });
});
