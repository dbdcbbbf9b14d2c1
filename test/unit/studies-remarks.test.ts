import assert from 'node:assert/strict';
import path from 'node:path';
import { readStudy } from '../../src/studies/read.js';
import { remarks } from '../../src/studies/remarks.js';
import { listStudyFiles } from '../../src/studies/study-files.js';
import { fruitFiles, fruitStudy, removeStudies, writeStudy } from './studies-support.js';

async function remarksOn(raw: ReturnType<typeof fruitStudy>, files: Record<string, string>): Promise<string[]> {
  const folder = await writeStudy(raw, { ...fruitFiles, ...files });
  return remarks(await readStudy(folder), await listStudyFiles(folder));
}

describe('what is worth a second look in a study', () => {
  afterEach(removeStudies);

  it('is told: empty texts, files that nothing names, placeholders that stay, values to be filled in', async () => {
    const raw = fruitStudy();
    raw.values = { contact: '[your name]' };
    const found = await remarksOn(raw, {
      'how-to.md': ' \n',
      'bye.md': 'Goodbye, eater of %friut%.',
      'slice.py': 'print("%s%d %(x)s" % (1, 2)); print("%tol%")',
      'tasks/old.py': '',
      'README.md': '',
      '.hidden': '',
      'study.schema.json': '{}',
    });
    assert.deepEqual(found, [
      'how-to.md is empty: participants see nothing there',
      'tasks/old.py is named nowhere in study.yaml: no participant gets it',
      'intro.md (known here is only what is the same in all conditions): nothing is known for %unknown%; it stays as it is',
      'peel.md: nothing is known for %nothing%; it stays as it is',
      'slice.py: nothing is known for %tol%; it stays as it is',
      'bye.md: nothing is known for %friut%; it stays as it is',
      'values.contact is still "[your name]": write your own',
    ]);
  });

  it('is cut where there is too much of a kind', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`old-${n}.md`, '']));
    const found = await remarksOn(fruitStudy(), many);
    assert.equal(found.filter((remark) => remark.includes('named nowhere')).length, 20);
    assert.ok(found.includes('… and 10 more of this kind'));
  });

  it('is only what its author has to fill in, in the example', async () => {
    const folder = path.join('studies', 'crypto-api');
    const found = remarks(await readStudy(folder), await listStudyFiles(folder));
    assert.deepEqual(
      found.filter((remark) => !remark.startsWith('values.contact')),
      [],
    );
  });
});
