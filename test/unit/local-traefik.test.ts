import assert from 'node:assert/strict';
import { isRecent, renderStatic } from '../../src/local/traefik.js';

describe("Traefik's static configuration", () => {
  it('is rendered from settings, comments left out', () => {
    const text = '# {{ env "IN_A_COMMENT" }}\nentryPoints:\n  web:\n    address: \'{{ env "LISTEN" }}\'\n';
    const expected = "entryPoints:\n  web:\n    address: '127.0.0.1:80'\n";
    assert.equal(renderStatic(text, { LISTEN: '127.0.0.1:80' }), expected);
  });

  it('names the setting that is missing', () => {
    assert.throws(() => renderStatic('address: {{ env "LISTEN" }}', {}), /LISTEN, which is not set/);
  });

  it('is for the version that it was written for, or a later one', () => {
    const versions = ['2.11.0', '3.7.9', '3.7.15', '3.10.0', '4.0.0'];
    const recent = versions.filter((version) => isRecent(`Version:      ${version}\nCodename:     any`));
    assert.deepEqual(recent, ['3.7.15', '3.10.0', '4.0.0']);
  });
});
