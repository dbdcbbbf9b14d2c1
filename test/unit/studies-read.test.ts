import assert from 'node:assert/strict';
import { readStudy } from '../../src/studies/read.js';
import { revisionOf } from '../../src/studies/revision.js';
import { filledAddress } from '../../src/studies/address-template.js';
import { fruitFiles, fruitStudy, removeStudies, writeStudy } from './studies-support.js';

describe('reading a good study', () => {
  afterEach(removeStudies);

  it('gives the settings, with what was left out filled in', async () => {
    const study = await readStudy(await writeStudy(fruitStudy()));
    const { id, title, language, profile, state, caps, exitSurvey, consentBoxes } = study;
    assert.deepEqual(
      { id, title, language, profile, state, caps, exitSurvey },
      {
        id: 'fruit',
        title: 'How people peel fruit',
        language: 'en',
        profile: 'default',
        state: 'draft',
        caps: { maxParticipants: 200, perAddressAndDay: 2 },
        exitSurvey: {
          url: 'https://survey.example/fruit',
          parameters: { uid: '%participant%', tok: '%token%', newtest: 'Y' },
        },
      },
    );
    assert.deepEqual(
      consentBoxes.map((box) => box.id),
      ['age', 'language', 'read', 'continue'],
    );
  });

  it('numbers the conditions, the first factor changing slowest, and names them by their labels', async () => {
    const { conditions } = await readStudy(await writeStudy(fruitStudy()));
    assert.deepEqual(
      conditions.map(({ number, name, factors }) => ({ number, name, factors })),
      [
        { number: 1, name: 'apple, peel first', factors: { fruit: 'apple', first: 'peel' } },
        { number: 2, name: 'apple, slice first', factors: { fruit: 'apple', first: 'slice' } },
        { number: 3, name: 'orange, peel first', factors: { fruit: 'orange', first: 'peel' } },
        { number: 4, name: 'orange, slice first', factors: { fruit: 'orange', first: 'slice' } },
      ],
    );
  });

  it('gives each condition its whole document', async () => {
    const { conditions } = await readStudy(await writeStudy(fruitStudy()));
    assert.deepEqual(conditions[3]?.document, {
      tasks: [
        {
          id: 'welcome',
          title: 'Welcome',
          kind: 'introduction',
          cells: [{ id: 'welcome-1', type: 'markdown', source: 'Hello\nyou' }],
        },
        {
          id: 'slice',
          title: 'Slice',
          kind: 'task',
          cells: [
            { id: 'slicer', type: 'code', source: 'slice()', runnable: false, executionCount: null, outputs: [] },
          ],
        },
        {
          id: 'peel',
          title: 'Peel the orange',
          kind: 'task',
          cells: [
            {
              id: 'peel-1',
              type: 'markdown',
              source: 'Peel the orange with your hands, says Ada. 100%fruit% %nothing% %'.replace('%fruit%', 'orange'),
            },
            {
              id: 'peel-2',
              type: 'code',
              source: 'print("orange")',
              runnable: true,
              executionCount: null,
              outputs: [],
            },
          ],
        },
        { id: 'bye', title: 'Bye', kind: 'closing', cells: [{ id: 'bye-1', type: 'markdown', source: 'Bye' }] },
      ],
    });
  });

  it('renders the texts without letting HTML or scripts through', async () => {
    const study = fruitStudy();
    study.texts = { ...study.texts, refusals: { full: 'full.md' } };
    const files = { ...fruitFiles, 'full.md': 'Write to %contact% <script>1</script>\n' };
    const { texts } = await readStudy(await writeStudy(study, files));
    assert.deepEqual(texts, {
      intro: '<p>Welcome. Ada is %unknown%.</p>\n',
      consent:
        '<p>&lt;b&gt;bold&lt;/b&gt; <a href="https://example.org" target="_blank" rel="noopener noreferrer">site</a>' +
        ' [bad](javascript:alert(1))</p>\n',
      howTo: '<p>Peel.</p>\n',
      refusals: { full: '<p>Write to Ada &lt;script&gt;1&lt;/script&gt;</p>\n' },
      consentPdf: false,
    });
  });

  it('has one condition when no factor is named', async () => {
    const study = { ...fruitStudy(), conditions: {}, tasks: fruitStudy().tasks.slice(2) };
    const { conditions } = await readStudy(await writeStudy(study));
    assert.deepEqual(
      conditions.map(({ number, name, factors }) => ({ number, name, factors })),
      [{ number: 1, name: 'only condition', factors: {} }],
    );
  });

  it('greets in the language of the study', async () => {
    const { consentBoxes } = await readStudy(await writeStudy({ ...fruitStudy(), language: 'de' }));
    assert.match(consentBoxes[0]!.text, /18 Jahre/);
  });

  it('keeps the revision of equal files, whatever their line ends, and changes it with any file that is used', async () => {
    const revision = async (files: Record<string, string>): Promise<string> =>
      revisionOf(await readStudy(await writeStudy(fruitStudy(), { ...fruitFiles, ...files })));
    const first = await revision({});
    assert.match(first, /^[0-9a-f]{64}$/);
    assert.equal(await revision({ 'welcome.md': 'Hello\nyou\n' }), first);
    assert.equal(await revision({ 'notes.txt': 'not part of the study' }), first);
    assert.equal(revisionOf(await readStudy(await writeStudy({ ...fruitStudy(), state: 'closed' }))), first);
    assert.notEqual(await revision({ 'peel-orange.py': 'print("lemon")\n' }), first);
  });

  it('takes a consent form as a PDF, which is part of the revision', async () => {
    const study = fruitStudy();
    study.texts = { ...study.texts, consentPdf: 'form.pdf' };
    const read = async (content: Buffer) =>
      readStudy(
        await writeStudy(study, { ...fruitFiles, 'form.pdf': Buffer.concat([Buffer.from('%PDF-1.7'), content]) }),
      );
    const first = await read(Buffer.from([0, 0xff]));
    assert.equal(first.texts.consentPdf, true);
    assert.deepEqual(first.attachments, [
      {
        file: 'form.pdf',
        name: 'consent.pdf',
        type: 'application/pdf',
        content: Buffer.from('%PDF-1.7\0\xff', 'latin1'),
      },
    ]);
    assert.equal(revisionOf(await read(Buffer.from([0, 0xff]))), revisionOf(first));
    assert.notEqual(revisionOf(await read(Buffer.from([0, 0xfe]))), revisionOf(first));
    assert.notEqual(revisionOf(await readStudy(await writeStudy(fruitStudy()))), revisionOf(first));
  });

  it('reads the example study with its four conditions', async () => {
    const study = await readStudy('studies/crypto-api');
    assert.deepEqual(
      study.conditions.map(({ name, document }) => [name, document.tasks.map(({ id }) => id)]),
      [
        ['cryptography, symmetric first', ['introduction', 'symmetric', 'asymmetric', 'closing']],
        ['cryptography, asymmetric first', ['introduction', 'asymmetric', 'symmetric', 'closing']],
        ['pynacl, symmetric first', ['introduction', 'symmetric', 'asymmetric', 'closing']],
        ['pynacl, asymmetric first', ['introduction', 'asymmetric', 'symmetric', 'closing']],
      ],
    );
    const whole = JSON.stringify([study.conditions, study.texts]);
    assert.doesNotMatch(whole, /%[a-zA-Z]+%/, 'no placeholder of the example study is left over');
  });
});

describe('exit survey address', () => {
  const values = {
    participant: 'abc123abc123',
    token: 't&k',
    condition: 4,
    origin: '7',
    recruitment: { pid: 'a&b <c>' },
  };

  it('keeps what the address has and adds the parameters', () => {
    const parameters = { uid: '%participant%', tok: '%token%', newtest: 'Y' };
    assert.equal(
      filledAddress({ url: 'https://survey.example/a?lang=en#top', parameters }, values),
      'https://survey.example/a?lang=en&uid=abc123abc123&tok=t%26k&newtest=Y#top',
    );
  });

  it("stays a path on our own site, with the Docker version's parameters too", () => {
    const parameters = { condition: '%condition%', pid: '%participant%', origin: '%origin%' };
    assert.equal(
      filledAddress({ url: '/demo/exit-survey', parameters }, values),
      '/demo/exit-survey?condition=4&pid=abc123abc123&origin=7',
    );
  });

  it('tells what the link of the participant carried, and nothing where it carried nothing', () => {
    const parameters = { pid: '%recruitment.pid%', worker: '%recruitment.workerId%', origin: '%origin%' };
    assert.equal(
      filledAddress({ url: '/end', parameters }, { ...values, origin: null }),
      '/end?pid=a%26b+%3Cc%3E&worker=&origin=0',
    );
  });
});
