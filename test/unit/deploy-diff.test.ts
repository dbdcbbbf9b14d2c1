import assert from 'node:assert/strict';
import { printDiff } from '../../src/deploy/diff.js';
import type { JobDiff } from '../../src/platform/nomad/deploy-schemas.js';

const edited: JobDiff = {
  Type: 'Edited',
  ID: 'observatory-web',
  Fields: [{ Type: 'Edited', Name: 'Priority', Old: '50', New: '60', Annotations: null }],
  Objects: null,
  TaskGroups: [
    {
      Type: 'Edited',
      Name: 'web',
      Updates: { ignore: 1, 'create/destroy update': 1 },
      Fields: [{ Type: 'Edited', Name: 'Count', Old: '1', New: '2', Annotations: ['forces create'] }],
      Objects: [
        {
          Type: 'Added',
          Name: 'Service',
          Fields: [
            { Type: 'Added', Name: 'Name', Old: '', New: 'gate', Annotations: null },
            { Type: 'Added', Name: 'PortLabel', Old: '', New: 'gate', Annotations: null },
          ],
          Objects: [
            {
              Type: 'Added',
              Name: 'Tags',
              Fields: [{ Type: 'Added', Name: 'Tags', Old: '', New: 'one', Annotations: null }],
            },
          ],
        },
      ],
      Tasks: [
        {
          Type: 'Edited',
          Name: 'web',
          Annotations: ['forces create/destroy update'],
          Fields: [{ Type: 'Deleted', Name: 'Env[OLD]', Old: 'x', New: '', Annotations: null }],
        },
        { Type: 'None', Name: 'migrate' },
      ],
    },
  ],
};

describe('the difference that deploy shows', () => {
  it('marks what is added, gone and changed, with what it forces', () => {
    assert.equal(
      printDiff(edited, false),
      [
        '+/- Job: "observatory-web"',
        '  +/- Priority: "50" => "60"',
        '+/- Task Group: "web" (1 create/destroy update, 1 ignore)',
        '  +/- Count: "1" => "2" (forces create)',
        '  +   Service {',
        '    +   Name:      "gate"',
        '    +   PortLabel: "gate"',
        '    +   Tags {',
        '      +   Tags: "one"',
        '        }',
        '      }',
        '  +/- Task: "web" (forces create/destroy update)',
        '    -   Env[OLD]: "x"',
      ].join('\n'),
    );
  });

  it('says of something new its name only, and of something unchanged nothing more', () => {
    const group = {
      Name: 'web',
      Updates: { create: 2 },
      Fields: edited.Fields,
      Tasks: [{ Type: 'Added' as const, Name: 'web' }],
    };
    const added: JobDiff = { Type: 'Added', ID: 'x', Fields: edited.Fields, TaskGroups: [{ ...group, Type: 'Added' }] };
    assert.equal(printDiff(added, false), '+   Job: "x"\n+   Task Group: "web" (2 create)\n  +   Task: "web"');
    const same: JobDiff = { Type: 'None', ID: 'x', TaskGroups: [{ ...group, Type: 'None', Tasks: null }] };
    assert.equal(printDiff(same, false), '    Job: "x"');
  });

  it('colours the marks alone, and only when it is asked to', () => {
    const [job, priority] = printDiff(edited, true).split('\n');
    assert.equal(job, '\u001b[33m+/-\u001b[0m Job: "observatory-web"');
    assert.equal(priority, '  \u001b[33m+/-\u001b[0m Priority: "50" => "60"');
  });

  it('cuts a value that would bury the rest, and says how long it is', () => {
    const field = { Type: 'Added' as const, Name: 'EmbeddedTmpl', Old: '', New: 'x'.repeat(5000), Annotations: null };
    const shown = printDiff({ Type: 'Edited', ID: 'x', Fields: [field] }, false).split('\n')[1]!;
    assert.equal(shown, `  +   EmbeddedTmpl: "${'x'.repeat(120)}"… (5000 characters)`);
  });
});
