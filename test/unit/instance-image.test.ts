/** The image cannot be built where our tests run; what it must have and must not have can be read. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/platform/root.js';

const folder = path.join(packageRoot, 'instance');
const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
const stages = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', '')
  .split(/^(?=FROM )/m);
const [build = '', image = ''] = stages;

describe('the image of an instance', () => {
  it('is one layer of what is left at the end, and builds nothing after that', () => {
    assert.equal(stages.length, 2);
    assert.match(image, /^FROM scratch\nCOPY --from=root \/ \/\n/);
    assert.doesNotMatch(image, /^(RUN|ADD) /m);
  });

  it('runs as a user without rights, without a shell', () => {
    assert.match(image, /^USER 1000:1000$/m);
    assert.match(image, /^CMD \["python", "\/opt\/instance\/instance.py"\]$/m);
    assert.match(build, /exec rm -rf \/usr\/bin \/usr\/sbin$/m);
  });

  it('installs nothing without its hash, and leaves no pip', () => {
    const installs = [...build.matchAll(/pip install.*?(?=&&|$)/gm)].map(([command]) => command);
    assert.equal(installs.length, 1);
    assert.match(installs[0]!, /--require-hashes/);
    for (const gone of [/pip uninstall --yes pip/, /\/usr\/local\/bin\/pip\*/, /ensurepip/]) assert.match(build, gone);
  });

  it('has every program of this folder', () => {
    assert.match(build, /^COPY \*\.py \/opt\/instance\/$/m);
    const programs = readdirSync(folder).filter((name) => name.endsWith('.py'));
    const servers = ['instance.py', 'jupyter_server_config.py', 'kernels.py', 'starter_files.py', 'watch.py'];
    for (const name of [...servers, 'kernel.py', 'spare.py']) assert.ok(programs.includes(name), name);
  });

  it('takes a study’s own list, and the lists that we have are pinned with hashes', () => {
    assert.match(build, /^ARG requirements=requirements\.txt$/m);
    assert.match(read('requirements.in'), /^-r server\.in$/m);
    const pinned = read('requirements.txt')
      .replaceAll(/^ *#.*\n/gm, '')
      .replaceAll('\\\n', ' ');
    for (const line of pinned.split('\n').filter((text) => text !== '')) {
      assert.match(line, /^[\w.[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}/, line.slice(0, 60));
    }
    const named = (name: string) => new RegExp(`^${name}[[=]`, 'im').test(pinned);
    for (const name of ['jupyter-server', 'ipykernel', 'jsonschema', 'cryptography', 'pynacl'])
      assert.ok(named(name), name);
  });
});
