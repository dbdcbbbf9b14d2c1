import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { readStudy } from '../../src/studies/read.js';
import { StudyError } from '../../src/studies/study-error.js';
import { cases } from './studies-problem-cases.js';
import { fruitFiles, fruitStudy, problemsOf, removeStudies, writeStudy } from './studies-support.js';

describe('reading a bad study', () => {
  afterEach(removeStudies);

  for (const [title, change, expected] of cases) {
    it(`says what is wrong about ${title}`, async () => {
      const study = fruitStudy();
      change(study);
      const problems = await problemsOf(await writeStudy(study, { ...fruitFiles, 'sub/x.md': 'x' }));
      assert.equal(problems.length, expected.length, problems.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(problems[index]!, pattern);
    });
  }

  it('says all at once, with the lines: wrong fields, wrong references and missing files', async () => {
    const study = fruitStudy();
    study.language = 'fr';
    study.tasks[3] = { ...study.tasks[3], id: 'peel', cells: [{ id: 'bye', markdown: 'bye.md' }] };
    study.texts.howTo = 'gone.md';
    const folder = await writeStudy(study);
    await assert.rejects(readStudy(folder), (error: Error) => {
      const lines = error.message.split('\n');
      assert.equal(lines[0], `The study in ${folder} has 3 problems:`);
      assert.match(lines[1]!, /^- study\.yaml:3:11 language: /);
      assert.match(lines[2]!, /^- study\.yaml:\d+:\d+ tasks\.3\.id: the task id "peel" is used twice$/);
      assert.match(lines[3]!, /^- study\.yaml:\d+:\d+ texts\.howTo: there is no file "gone\.md"$/);
      return true;
    });
  });

  it('points at what is wrong: a value, a name, the item in which something is missing', async () => {
    const folder = await writeStudy(
      "id: fruit\ntitel: Fruit\nlanguage: 'fr'\ntexts:\n  intro: intro.md\n  consent: [x]\ntasks:\n  - id: a\n  - title: 7\n",
    );
    const error: unknown = await readStudy(folder).catch((reason: unknown) => reason);
    assert.ok(error instanceof StudyError);
    const places = error.problems.map(({ path: where, line, column }) => [where, line, column].join(' '));
    assert.deepEqual(places.sort(), [
      'language 3 11',
      'tasks.0.cells 8 5',
      'tasks.0.title 8 5',
      'tasks.1.cells 9 5',
      'tasks.1.id 9 5',
      'tasks.1.title 9 12',
      'texts.consent 6 12',
      'texts.howTo 4 1',
      'titel 2 1',
      'title 1 1',
    ]);
  });

  it('says so when there is no study, or no YAML in it', async () => {
    assert.deepEqual(await problemsOf(path.join(await writeStudy(fruitStudy()), 'missing')), [
      'study.yaml : there is no file "study.yaml"',
    ]);
    assert.match((await problemsOf(await writeStudy('id: [a\ntitle: "b')))[0]!, /^study\.yaml : /);
    assert.match((await problemsOf(await writeStudy('id: a\nid: b\n')))[0]!, /unique/);
    assert.match(
      (await problemsOf(await writeStudy('just a sentence')))[0]!,
      /expected fields .*, not the text "just a sentence"/,
    );
  });

  it('refuses a link out of the folder, a file that is no text, and one that is too long', async () => {
    const folder = await writeStudy(fruitStudy(), {
      ...fruitFiles,
      'consent.md': Buffer.from([0xff, 0xfe, 0]),
      'how-to.md': 'x'.repeat(200_001),
    });
    const other = await writeStudy(fruitStudy());
    await writeFile(path.join(other, 'secret.md'), 'secret');
    const linked = fruitStudy();
    linked.texts.intro = 'link.md';
    await symlink(path.join(other, 'secret.md'), path.join(folder, 'link.md'));
    await writeFile(path.join(folder, 'study.yaml'), stringify(linked));
    assert.deepEqual(await problemsOf(folder), [
      'study.yaml texts.intro: "link.md" leads out of the study folder',
      'study.yaml texts.consent: "consent.md" is not a text file in UTF-8',
      'study.yaml texts.howTo: "how-to.md" is too long: at most 200000 characters',
    ]);
  });

  it('refuses a consent form that is no PDF, or is too large, missing or elsewhere', async () => {
    const problems = async (consentPdf: unknown): Promise<string[]> => {
      const study = fruitStudy();
      study.texts = { ...study.texts, consentPdf };
      const large = Buffer.alloc(2 * 1024 * 1024 + 1, '%PDF-1.7');
      return problemsOf(await writeStudy(study, { ...fruitFiles, 'page.pdf': '<script>', 'large.pdf': large }));
    };
    for (const [file, message] of [
      ['page.pdf', '"page.pdf" is not a PDF: it does not begin with %PDF-'],
      ['large.pdf', '"large.pdf" is too large: at most 2 MB'],
      ['none.pdf', 'there is no file "none.pdf"'],
      ['../form.pdf', '"../form.pdf" is not a path inside the study folder'],
    ]) {
      assert.deepEqual(await problems(file), [`study.yaml texts.consentPdf: ${message}`]);
    }
  });
});
