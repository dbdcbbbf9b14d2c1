/** Who cannot take part reads why and what to do, in the study's language or the browser's, and can name a reference. */
import assert from 'node:assert/strict';
import { publishStudy } from '../../src/participants/study-store.js';
import { RunningWeb } from './running-web.js';

describe('the page of who is refused', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
    const texts = { ...web.study.texts, refusals: { paused: '<p>Back on <em>Monday</em>.</p>' } };
    await publishStudy(web.database, { ...web.study, language: 'de', texts });
  });
  after(() => web?.stop());

  const inState = (state: string) => web.database.query('update studies set state = $1', [state]);
  const page = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
    const response = await fetch(web.address + path, { headers: { accept: 'text/html', ...headers } });
    return response.text();
  };

  it('speaks the language of the study, whatever the browser prefers', async () => {
    await inState('closed');
    const html = await page('/?study=crypto-api', { 'accept-language': 'en' });
    assert.match(html, /<html lang="de">/);
    assert.match(html, /<h1>Diese Studie ist beendet<\/h1>/);
  });

  it('speaks the language of the browser where no study is known', async () => {
    assert.match(
      await page('/nowhere', { 'accept-language': 'de-AT, en;q=0.5' }),
      /<html lang="de">[^]*<h1>Hier ist nichts/,
    );
    assert.match(await page('/nowhere', { 'accept-language': 'fr' }), /<html lang="en">[^]*<h1>Nothing was found/);
  });

  it('has the words of the study where the study has some', async () => {
    await inState('paused');
    const html = await page('/?study=crypto-api');
    assert.match(html, /<p>Back on <em>Monday<\/em>\.<\/p>/);
    assert.doesNotMatch(html, /Bitte kommen Sie später/);
  });

  it('names a reference that the log has too', async () => {
    const [, code, reference] = /<code>([a-z-]+) ([0-9a-f]{8})<\/code>/.exec(await page('/nowhere')) ?? [];
    assert.equal(code, 'not-found');
    assert.ok(web.lines.some((line) => 'reference' in line && line.reference === reference && line.status === 404));
  });
});
