/** The replay in a browser: what it shows is what rebuilding says, whatever participants wrote runs nowhere, and axe has nothing to say. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { addUser } from '../../src/control/access/users.js';
import { Cache } from '../../src/local/cache.js';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { publishStudy } from '../../src/participants/study-store.js';
import type { Cell, Document } from '../../src/studies/document.js';
import { rebuild, type RecordedStep } from '../../src/studies/rebuild.js';
import { RunningWeb } from '../integration/running-web.js';
import { PASSWORD } from '../integration/staff.js';
import { complaints } from './complaints.js';
import { record, type Step, worker } from './replayed.js';
import { withMarks } from './hostile/case.js';
import { htmlCases } from './hostile/html-cases.js';
import { otherCases } from './hostile/other-cases.js';
import { startTrap, type Trap } from './hostile/trap.js';
import { hits, touch, watch } from './hostile/watch.js';

const PICTURES = process.env['OBSERVATORY_PICTURES'];
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const LIST = '/control/studies/crypto-api/participants';

describe('the replay', function () {
  this.timeout(240_000);
  let web: RunningWeb;
  let browser: Browser;
  let trap: Trap;
  let context: BrowserContext;
  before(async () => {
    web = await RunningWeb.start({ OBSERVATORY_NOMAD_UI: 'https://nomad.example' });
    trap = await startTrap(() => '');
    browser = await chromium.launch({
      headless: true,
      ...(await chromiumLaunch(new Cache(undefined, () => undefined))),
    });
    await addUser(
      web.database,
      { name: 'rita', role: 'researcher', password: PASSWORD, studies: ['crypto-api'] },
      'test',
    );
  });
  afterEach(() => context?.close());
  after(async () => {
    await browser?.close();
    trap?.stop();
    await web?.stop();
  });

  async function signedIn(options: BrowserContextOptions = {}): Promise<Page> {
    context = await browser.newContext({ viewport: SIZES.desktop, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`${web.address}/control`);
    await page.locator('input[name=name]').fill('rita');
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('[data-test=sign-in] button').click();
    await page.locator('[data-test=studies]').waitFor();
    return page;
  }

  const part = (page: Page, name: string) => page.locator(`[data-test=${name}]`);

  it('shows at each moment what rebuilding says', async () => {
    const { document, steps } = await worker(web, 'replayed0001');
    // The editor draws no lines that are out of sight.
    const page = await signedIn({ viewport: { width: 1280, height: 6000 } });
    await page.goto(`${web.address}${LIST}/replayed0001/replay`);
    await part(page, 'player').waitFor();
    const shown = async () => {
      const [seq, step] = await page.evaluate<[number, number]>(
        `(({ seq, step }) => [Number(seq), Number(step)])(document.querySelector('[data-test=notebook]').dataset)`,
      );
      const texts = await page.evaluate<Record<string, string>>(
        `Object.fromEntries([...document.querySelectorAll('.task:not([hidden]) .code-cell')].map((cell) =>
           [cell.dataset.cell, [...cell.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\\n')]))`,
      );
      return { seq, step, texts };
    };
    const check = async (): Promise<number> => {
      const { seq, step } = await shown();
      const until: RecordedStep[] = steps.slice(0, seq);
      const last = until.at(-1);
      if (last?.type === 'edit')
        until[until.length - 1] = { ...last, data: { steps: (last.data['steps'] as unknown[]).slice(0, step + 1) } };
      const cells = rebuild(document, until).tasks.flatMap(({ cells }) => cells);
      const wanted = (id: string) => cells.find((cell) => cell.id === id)!.source;
      // The editor draws lines that come into sight a moment later.
      for (const until = Date.now() + 5000; Date.now() < until;) {
        if (Object.entries((await shown()).texts).every(([id, text]) => text === wanted(id))) break;
        await page.waitForTimeout(50);
      }
      const { texts } = await shown();
      for (const [id, text] of Object.entries(texts))
        assert.equal(text, wanted(id), `cell ${id} after event ${seq}, step ${step}`);
      assert.ok(seq < 2 || Object.keys(texts).length > 0);
      return seq;
    };
    const seen = new Set<number>();
    const slider = part(page, 'slider');
    const most = Number(await slider.getAttribute('max'));
    for (let share = 0; share <= 1; share += 0.05) {
      await page.evaluate(
        `((slider) => {
          slider.value = ${Math.round(most * share)};
          slider.dispatchEvent(new Event('input'));
        })(document.querySelector('[data-test=slider]'))`,
      );
      seen.add(await check());
    }
    assert.ok(seen.size >= 7, `only events ${[...seen].join()} were seen`);
    // By the keyboard: to the beginning, letter by letter, from mark to mark.
    await slider.focus();
    await page.keyboard.press('Home');
    assert.ok((await check()) <= 1);
    await part(page, 'mark-forward').press('Enter');
    assert.equal(await check(), 2);
    assert.match(await part(page, 'told').innerText(), /^Began: /);
    for (let letter = 0; letter < 5; letter += 1) await part(page, 'forward').press('Enter');
    assert.deepEqual([await check(), (await shown()).step], [3, 4]);
    for (const [text, seq] of [
      [/^Run in cell/, 4],
      [/^Pasted 69 characters in cell/, 6],
      [/^Run in cell/, 8],
      [/^Solved, went on to: /, 10],
    ] as const) {
      await part(page, 'mark-forward').press('Enter');
      assert.equal(await check(), seq);
      assert.match(await part(page, 'told').innerText(), text);
    }
    await slider.focus();
    await page.keyboard.press('End');
    assert.equal(await check(), steps.length);
    assert.match(await part(page, 'notebook').innerText(), /31 bytes|key\s+31/);
  });

  it('plays, skips idle time, and starts where a link says', async () => {
    await worker(web, 'replayed0002');
    const page = await signedIn();
    await page.goto(`${web.address}${LIST}/replayed0002`);
    await page.locator('[data-test=pastes] a').click();
    await part(page, 'player').waitFor();
    assert.equal(await part(page, 'notebook').getAttribute('data-seq'), '6');
    await part(page, 'speed').selectOption('16');
    const withoutIdle = Number(await part(page, 'slider').getAttribute('max'));
    await part(page, 'idle').uncheck();
    assert.ok(Number(await part(page, 'slider').getAttribute('max')) > withoutIdle + 800_000);
    assert.equal(await part(page, 'notebook').getAttribute('data-seq'), '6', 'the place in the record stays');
    await part(page, 'idle').check();
    await part(page, 'play').click();
    await page.locator('[data-test=notebook][data-seq="11"]').waitFor();
    await page.locator('[data-test=play]').getByText('Play').waitFor();
  });

  for (const bypassCSP of [false, true]) {
    it(`lets nothing of what participants wrote run, ${bypassCSP ? 'without' : 'with'} its policy`, async () => {
      const id = bypassCSP ? 'hostile00002' : 'hostile00001';
      const cases = [...htmlCases, ...otherCases].map((hostile, index) => withMarks(hostile, index, trap.url));
      const cells = cases.flatMap(({ cells }) => cells);
      const bare = (cell: Cell): Cell => (cell.type === 'code' ? { ...cell, source: '', outputs: [] } : cell);
      const document: Document = {
        tasks: [{ id: 'hostile', title: '<img src=x onerror=alert(1)>', kind: 'task', cells: cells.map(bare) }],
      };
      const { number } = web.study.conditions[1]!;
      await publishStudy(web.database, {
        ...web.study,
        conditions: web.study.conditions.map((condition) =>
          condition.number === number ? { ...condition, document } : condition,
        ),
      });
      const steps = cells.flatMap((cell): Step[] =>
        cell.type !== 'code'
          ? []
          : [
              { type: 'run', cell: cell.id, data: { source: cell.source }, after: 0.1 },
              {
                type: 'output',
                cell: cell.id,
                data: { outputs: cell.outputs, executionCount: 1, status: 'ok', cut: 0, milliseconds: 1 },
                after: 0.1,
              },
            ],
      );
      await record(web, id, number, steps);
      trap.reached.clear();
      const page = await signedIn({ bypassCSP });
      const seen = watch(page, web.address);
      await page.goto(`${web.address}${LIST}/${id}/replay`);
      await part(page, 'player').waitFor();
      await part(page, 'follow').uncheck();
      await part(page, 'slider').focus();
      await page.keyboard.press('End');
      await page.locator(`[data-test=notebook][data-seq="${steps.length}"]`).waitFor();
      await page.locator('math').first().waitFor({ state: 'attached' });
      await touch(page, '.log *, .prose *, .cm-line *');
      await page.waitForTimeout(1000); // what was asked for has time to arrive
      const found = [
        ...(await hits(
          page,
          cases.map((_, index) => index),
        )),
        ...trap.reached,
      ];
      assert.deepEqual(
        found.map((index) => cases[index]!.name),
        [],
      );
      assert.deepEqual(seen.incidents, []);
      await publishStudy(web.database, web.study);
    });
  }

  it('gives axe nothing to complain about, nor do the other pages of participants', async () => {
    await web.database.query(`delete from events`);
    await web.database.query(`delete from participants`);
    await web.database.query(
      `insert into participants (id, study_id, token, state, condition, identity, recruitment, consented_at, queued_at, ended_at, arrived_at, last_seq, lost)
       select substr(md5(n::text), 1, 12), 'crypto-api', lpad(n::text, 12, 'y'), (array['finished', 'withdrawn', 'abandoned', 'finished'])[1 + n % 4], 1 + n % 4,
         'prolific:' || md5('p' || n), '{}', now() - make_interval(mins => n), now(), now(), now() - make_interval(mins => n + 9), n * 37 % 900, n / 60
       from generate_series(1, 70) n`,
    );
    await worker(web, 'replayed0003');
    const page = await signedIn();
    const found: string[] = [];
    const look = async (name: string, settle = (): Promise<unknown> => Promise.resolve()): Promise<void> => {
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await settle();
          const file = `control-${name}-${size}${colorScheme === 'dark' ? '-dark' : ''}.png`;
          if (PICTURES)
            await page.screenshot({ path: path.join(PICTURES, file), fullPage: name.startsWith('participants-') });
          found.push(...(await complaints(page)).map((complaint) => `${file}: ${complaint}`));
          assert.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width, file);
        }
      }
    };
    const base = `${web.address}${LIST}`;
    await page.goto(base);
    await look('participants');
    await page.goto(`${base}/replayed0003`);
    await look('participants-one');
    await part(page, 'work').getByRole('link').first().click();
    await look('participants-task');
    await page.goto(`${base}/replayed0003/erase`);
    await look('participants-erase');
    await page.goto(`${base}/replayed0003/replay#seq=5`);
    await part(page, 'player').waitFor();
    // What happened last stays in sight, below the player.
    await look('replay', async () => {
      for (const button of ['back', 'forward']) await part(page, button).click();
      await page.waitForFunction(`(() => {
        const { top, bottom } = document.querySelector('.code-cell.active .output').getBoundingClientRect();
        const player = document.querySelector('[data-test=player]');
        const covered = getComputedStyle(player).position === 'sticky' ? player.getBoundingClientRect().bottom : 0;
        return top >= covered && bottom <= innerHeight;
      })()`);
    });
    assert.deepEqual(found, []);
  });
});
