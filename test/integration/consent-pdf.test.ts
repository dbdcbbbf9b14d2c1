/** The researcher's own consent form as a PDF, from the study folder to the participant's browser. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publishStudy } from '../../src/participants/study-store.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { rawRequest } from './raw-request.js';
import { RunningWeb } from './running-web.js';
import { answer, takePart, visitor } from './way-in.js';

const PDF = '/consent.pdf?study=crypto-api';

describe('the consent form as a PDF', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  let folder: string;
  before(async () => {
    web = await RunningWeb.start();
    folder = await mkdtemp(path.join(tmpdir(), 'observatory-pdf-'));
    await cp(path.join(packageRoot, 'studies/crypto-api'), folder, { recursive: true });
  });
  after(async () => {
    await web?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => publishStudy(web.database, web.study));

  async function publishWith(form: Buffer): Promise<void> {
    await writeFile(path.join(folder, 'form.pdf'), form);
    const yaml = await readFile(path.join(packageRoot, 'studies/crypto-api/study.yaml'), 'utf8');
    const named = yaml.replace('  howTo: texts/how-to.md', '$&\n  consentPdf: form.pdf');
    await writeFile(path.join(folder, 'study.yaml'), named);
    await publishStudy(web.database, await readStudy(folder));
  }

  it('defect 12: is linked and served, and no template is reachable under any path of files', async () => {
    const form = Buffer.from(['%PDF-1.7', '\0\xff\r\n', '%%EOF'].join('\n'), 'latin1');
    await publishWith(form);
    const page = await (await visitor(web).request('/consent?study=crypto-api')).text();
    const link = /href="([^"]+)" target="_blank" data-test="consent-pdf"/.exec(page)?.[1];
    assert.equal(link, PDF);
    for (const address of [PDF, '/static/ConsentForm.pdf']) {
      const response = await visitor(web).request(address);
      assert.equal(response.status, 200);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), form);
      const header = (name: string) => response.headers.get(name);
      assert.equal(header('content-type'), 'application/pdf');
      assert.equal(header('content-disposition'), 'inline; filename="consent.pdf"');
      assert.equal(header('x-content-type-options'), 'nosniff');
      assert.equal(header('content-security-policy'), "default-src 'none'; sandbox");
    }

    const templates = (await readdir(path.join(packageRoot, 'templates'), { recursive: true })).filter((file) =>
      file.endsWith('.html'),
    );
    assert.ok(templates.includes('landing/consent.html'));
    for (const file of templates) {
      const name = path.basename(file);
      for (const address of [
        ...[`/${file}`, `/templates/${file}`, `/static/${file}`, `/static/template/${name}`, `/assets/${file}`],
        ...[
          `/assets/landing/${name}`,
          `/assets/landing/../${file}`,
          `/assets/landing/..%2f${file.replace('/', '%2f')}`,
        ],
        ...[
          `/assets/landing/%2e%2e/${file}`,
          `/assets/notebook/..%2f..%2f..%2ftemplates%2f${file.replace('/', '%2f')}`,
        ],
      ]) {
        const { status, text } = await rawRequest(web.address, address);
        assert.ok(status === 404 || status === 403 || status === 400, `${status} ${address}`);
        assert.doesNotMatch(text, /\{[%{]/, address);
      }
    }
  });

  it('is kept by the browser until it changes', async () => {
    await publishWith(Buffer.from('%PDF-1.7 first'));
    const first = await visitor(web).request(PDF);
    assert.equal(first.headers.get('cache-control'), 'private, max-age=300');
    // fetch adds that it wants nothing from a cache.
    const asking = { headers: { 'if-none-match': first.headers.get('etag')! } };
    const again = await rawRequest(web.address, PDF, asking);
    assert.deepEqual([again.status, again.text], [304, '']);
    await publishWith(Buffer.from('%PDF-1.7 second'));
    const changed = await rawRequest(web.address, PDF, asking);
    assert.deepEqual([changed.status, changed.text], [200, '%PDF-1.7 second']);
  });

  it('is there for who takes part when the study is over, and for nobody while it is a draft', async () => {
    await publishWith(Buffer.from('%PDF-1.7'));
    const who = await takePart(web, '/?study=crypto-api');
    await web.database.query(`update studies set state = 'closed'`);
    assert.equal((await who.request('/consent.pdf')).status, 200);
    await web.database.query(`update studies set state = 'draft'`);
    assert.equal(await answer(visitor(web).request(PDF)), '404 unknown-study');
    await web.database.query(`update studies set state = 'open'`);
  });

  it('is not there, and not linked, when the study has none any more', async () => {
    await publishWith(Buffer.from('%PDF-1.7'));
    await publishStudy(web.database, web.study);
    assert.equal(await answer(visitor(web).request(PDF)), '404 not-found');
    const page = await (await visitor(web).request('/consent?study=crypto-api')).text();
    assert.doesNotMatch(page, /consent-pdf/);
  });
});
