/** The examples of docs/researchers.md: each study is published, and its link let in. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { exitSurveySchema } from '../../src/studies/exit-survey.js';
import { forgetEverybody } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { participants, takePart, withEntry } from './way-in.js';

interface Example {
  readonly entry: { readonly by: readonly string[]; readonly tokenService?: object };
  readonly exitSurvey?: object;
}

const page = readFileSync(new URL('../../docs/researchers.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('## Recruitment'), page.indexOf('### A link that comes again'));
const found = [...section.matchAll(/```yaml\n(.*?)```\n\n(?:```\nhttps:\/\/study\.example(.*?)\n```)?/gs)];
const examples = found.map(([, yaml, link]) => ({ study: parse(yaml!) as Example, link }));

/** What a service would fill in. */
const filled = (link: string) => link.replaceAll(/\{\{%\w+%\}\}|\$\{\w+\}|%SURVEY_CODE%|\{\w+\}/g, '4f7');

describe('docs/researchers.md on recruitment', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  const service = createServer((_, response) => response.end('Valid'));
  before(async () => {
    await once(service.listen(0, '127.0.0.1'), 'listening');
    web = await RunningWeb.start();
  });
  after(async () => {
    service.close();
    await web?.stop();
  });
  afterEach(() => forgetEverybody(web));

  it('has an example of each way in', () => {
    const ways = ['link', 'prolific', 'mturk', 'sona', 'limesurvey', 'pid', 'invitation', 'token-service'];
    assert.deepEqual(
      examples.map(({ study }) => study.entry.by[0]),
      ways,
    );
    assert.equal(examples.filter(({ link }) => link !== undefined).length, 6);
  });

  for (const { study, link } of examples) {
    const way = study.entry.by[0]!;
    it(`lets in by ${way}`, async () => {
      const check = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
      const entry = study.entry.tokenService
        ? { ...study.entry, tokenService: { ...study.entry.tokenService, check, used: check } }
        : study.entry;
      const { exitSurvey } = study;
      await withEntry(web, entry, exitSurvey ? { exitSurvey: exitSurveySchema.parse(exitSurvey) } : {});
      // Invitations are issued by the command, which has tests of its own.
      if (way === 'invitation') return;
      await takePart(web, filled(link ?? '/?study=crypto-api'));
      const [who] = await participants<{ identity: string | null }>(web, 'identity');
      assert.equal(who!.identity?.split(':')[0] ?? 'link', way);
    });
  }
});
