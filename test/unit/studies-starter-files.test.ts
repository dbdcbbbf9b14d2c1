import assert from 'node:assert/strict';
import { readStudy } from '../../src/studies/read.js';
import { revisionOf } from '../../src/studies/revision.js';
import { fruitFiles, fruitStudy, removeStudies, writeStudy } from './studies-support.js';

describe('the starter files of a study', () => {
  after(removeStudies);

  const files = {
    ...fruitFiles,
    'data-apple.csv': 'kind,tool\n%fruit%,%tool%\n',
    'data-orange.csv': 'kind\n%fruit%\n',
  };
  const read = async (list: unknown, folder: Readonly<Record<string, string>> = files) =>
    readStudy(await writeStudy({ ...fruitStudy(), files: list }, folder));

  it('are rendered for each condition: placeholders stand in the path, in the file’s name and in its text', async () => {
    const study = await read([{ path: '%fruit%.csv', file: 'data-%fruit%.csv' }]);
    assert.deepEqual(
      study.conditions.map(({ starterFiles }) => starterFiles),
      [
        [{ path: 'apple.csv', text: 'kind,tool\napple,knife\n' }],
        [{ path: 'apple.csv', text: 'kind,tool\napple,knife\n' }],
        [{ path: 'orange.csv', text: 'kind\norange\n' }],
        [{ path: 'orange.csv', text: 'kind\norange\n' }],
      ],
    );
  });

  it('belong to the revision', async () => {
    const list = [{ path: 'data.csv', file: 'data-%fruit%.csv' }];
    const changed = { ...files, 'data-apple.csv': 'kind\n' };
    assert.notEqual(revisionOf(await read(list)), revisionOf(await read(list, changed)));
  });

  for (const [name, list, problem] of [
    ['a folder', [{ path: 'data/x.csv', file: 'bye.md' }], /"data\/x\.csv" is not a plain file name such as data\.csv/],
    ['a hidden file', [{ path: '.bashrc', file: 'bye.md' }], /"\.bashrc" is not a plain file name/],
    ['a way out', [{ path: '..', file: 'bye.md' }], /"\.\." is not a plain file name/],
    ['one path twice', ['a', 'a'].map((path) => ({ path, file: 'bye.md' })), /the file "a" is named twice/],
    ['a file that is not there', [{ path: 'a', file: 'none-%fruit%.csv' }], /there is no file "none-apple\.csv"/],
    ['a path outside the study', [{ path: 'a', file: '../secret' }], /is not a path inside the study folder/],
    ['more than 20', Array.from({ length: 21 }, (_, n) => ({ path: `a${n}`, file: 'bye.md' })), /files/],
  ] as const) {
    it(`are refused with ${name}`, async () => {
      await assert.rejects(read(list), problem);
    });
  }
});
