import assert from 'node:assert/strict';
import { parseListFile, parseSourcesFile } from '../../src/local/apt-sources.js';

describe("the machine's apt sources", () => {
  it('are read in the one-line style', () => {
    const text = [
      '# deb http://commented.example/debian bookworm main',
      'deb http://mirror.example/debian bookworm main contrib',
      'deb-src http://mirror.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/usr/share/keyrings/some.gpg] https://other.example/apt stable main',
    ].join('\n');
    assert.deepEqual(parseListFile(text), [
      { uri: 'http://mirror.example/debian', suite: 'bookworm', signedBy: undefined },
      { uri: 'https://other.example/apt', suite: 'stable', signedBy: '/usr/share/keyrings/some.gpg' },
    ]);
  });

  it('are read as stanzas, without those that are switched off', () => {
    const text = `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: sid
Components: main
`;
    const signedBy = '/usr/share/keyrings/debian-archive-keyring.gpg';
    assert.deepEqual(parseSourcesFile(text), [
      { uri: 'http://mirror.example/debian', suite: 'bookworm', signedBy },
      { uri: 'http://mirror.example/debian', suite: 'bookworm-updates', signedBy },
    ]);
  });
});
