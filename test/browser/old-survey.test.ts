/** A survey page on another site that shows its participant the code they wrote, as the original's guide tells to build it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { workingPerson } from '../integration/old-people.js';
import { RunningWeb } from '../integration/running-web.js';

/** By JSONP and, below it, by fetch. */
const page = (observatory: string, uid: string, tok: string): string => `<!doctype html>
<link rel="stylesheet" href="${observatory}/assets/pythonHighlighting.css">
<h1>Which of your solutions do you trust?</h1>
<div id="code1"></div><div id="code2"></div><pre id="beat"></pre><pre id="fetched"></pre>
<script>
  function show(code) { for (const [name, html] of Object.entries(code)) if (document.getElementById(name)) document.getElementById(name).innerHTML = html; }
  function beat(answer) { document.getElementById('beat').textContent = JSON.stringify(answer); }
  fetch('${observatory}/getcode/${uid}/${tok}').then((answer) => answer.json())
    .then((code) => { document.getElementById('fetched').textContent = Object.keys(code).join(' '); });
</script>
<script src="${observatory}/getcode/?uid=${uid}&token=${tok}&callback=show"></script>
<script src="${observatory}/heartbeat.php?userId=${uid}&ec2instance=x&token=${tok}&callback=beat&_=1"></script>`;

describe('a survey on another site', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  let browser: Browser;
  let survey: Server;
  before(async () => {
    web = await RunningWeb.start();
    const cache = new Cache(undefined, () => undefined);
    browser = await chromium.launch({ headless: true, ...(await chromiumLaunch(cache)) });
    survey = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://survey');
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(page(web.address, searchParams.get('uid') ?? '', searchParams.get('tok') ?? ''));
    }).listen(0, '127.0.0.1');
    await once(survey, 'listening');
  });
  after(async () => {
    await browser?.close();
    survey?.close();
    await web?.stop();
  });

  it('shows the code of each task in its colours, and hears of the heartbeat', async () => {
    const who = await workingPerson(web);
    const tab = await browser.newPage({ viewport: { width: 900, height: 1400 } });
    const refused: string[] = [];
    tab.on('console', (message) => refused.push(message.text()));
    // Another name of this machine is another site.
    const address = `http://localhost:${(survey.address() as AddressInfo).port}`;
    await tab.goto(`${address}/?uid=${who.id}&tok=${who.token}`);
    await tab.locator('#fetched').filter({ hasText: 'code1' }).waitFor();
    for (const task of ['#code1', '#code2']) {
      const defined = tab.locator(`${task} .highlight .nf`);
      assert.match(await defined.first().innerText(), /^generate_key/);
      const colour = (kind: string) =>
        tab.evaluate<string>(`getComputedStyle(document.querySelector('${task} .highlight .${kind}')).color`);
      assert.notEqual(await colour('nf'), await colour('k'));
    }
    assert.equal(await tab.locator('#fetched').innerText(), 'code0 code1 code2');
    assert.equal(await tab.locator('#beat').innerText(), '{"ok":true}');
    assert.deepEqual(refused, []);
  });

  it('is told when its pair is wrong, in the same way', async () => {
    const tab = await browser.newPage();
    await tab.goto(`http://localhost:${(survey.address() as AddressInfo).port}/?uid=aaaaaaaaaaaa&tok=aaaaaaaaaaaa`);
    await tab.locator('#beat').filter({ hasText: 'NotFound' }).waitFor();
    assert.equal(await tab.locator('#code1').innerText(), '');
  });
});
