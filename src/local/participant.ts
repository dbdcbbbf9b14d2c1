import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Cache } from './cache.js';
import { chromiumLaunch } from './chromium.js';

/** What one participant in a real browser did, in seconds since the landmarks named. */
export interface Visit {
  readonly seconds: {
    /** From the given consent to an instance. */
    readonly claim: number;
    /** From opening the notebook to the page that can be worked with. */
    readonly ready: number;
    /** From opening the notebook to the first output of the first program. */
    readonly firstOutput: number;
    readonly total: number;
  };
  /** Different events that the page sent, by number. */
  readonly sent: number;
  readonly instanceId: string;
  readonly exitAddress: string;
  /** Outputs by cell as they stood on the screen. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface VisitOptions {
  readonly cache: Cache;
  readonly studyLink: string;
  readonly log: (line: string) => void;
  /** Called at each landmark, such as to take pictures. */
  readonly at?: (landmark: string, page: Page) => Promise<void>;
}

/** Plays one participant from the study link to the exit survey in headless Chromium. */
export async function playParticipant(options: VisitOptions): Promise<Visit> {
  const browser = await chromium.launch({ headless: true, timeout: 30_000, ...(await chromiumLaunch(options.cache)) });
  try {
    return await visit(await browser.newContext({ viewport: { width: 1280, height: 900 } }), options);
  } finally {
    await browser.close();
  }
}

async function visit(
  context: BrowserContext,
  { studyLink, log, at = () => Promise.resolve() }: VisitOptions,
): Promise<Visit> {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const sent = watchEvents(page);
  const start = performance.now();
  const since = (moment: number): number => Math.round(performance.now() - moment) / 1000;

  await page.goto(studyLink);
  await at('intro', page);
  await page.click('[data-test=to-consent]');
  for (const box of await page.locator('input[name=consent]').all()) await box.check();
  await at('consent', page);
  log('participant: consents');
  const consented = performance.now();
  await page.click('[data-test=give-consent]');
  await page.locator('[data-test=waiting-state][data-state=ready]').waitFor({ timeout: 90_000 });
  const claim = since(consented);
  await at('how-to', page);

  log('participant: opens the notebook');
  const opened = performance.now();
  await page.click('[data-test=open-notebook]');
  await page.locator('[data-test=start]').waitFor();
  const ready = since(opened);
  const instanceId = new URL(page.url()).pathname.split('/')[2] ?? '';
  const { firstOutput, outputs } = await workThrough(page, () => since(opened), log, at);
  await at('finished-work', page);

  await page.click('[data-test=finish]');
  await page.click('[data-test=confirm]');
  await page.locator('[data-test=exit-survey]').waitFor();
  log('participant: arrives at the exit survey');
  await at('exit', page);
  return {
    seconds: { claim, ready, firstOutput, total: since(start) },
    sent: sent.size,
    instanceId,
    exitAddress: page.url(),
    outputs,
  };
}

/** The page draws what is put out some hundredths of a second later. */
const SILENT_MS = 2_000;

/** Runs every cell that shows a run button, task by task, until the page offers to finish. */
async function workThrough(
  page: Page,
  elapsed: () => number,
  log: (line: string) => void,
  at: (landmark: string, page: Page) => Promise<void>,
): Promise<{ firstOutput: number; outputs: Record<string, string> }> {
  const outputs: Record<string, string> = {};
  let firstOutput = 0;
  for (let task = 0; ; task += 1) {
    const title = await page
      .locator('[data-test=task-title]')
      .last()
      .innerText()
      .catch(() => `page ${task}`);
    for (const cell of await visibleCells(page)) {
      if (cell in outputs) continue;
      await page.click(`[data-test="run-${cell}"]`);
      const output = page.locator(`[data-test="output-${cell}"]`);
      // A program need not put anything out; then nothing comes for a while after its count of runs tells that it has ended.
      const ran = page.locator(`[data-cell="${cell}"] .cell-bar`).filter({ hasText: /\[\d+\]/ });
      const silent = ran.waitFor({ timeout: 30_000 }).then(() => page.waitForTimeout(SILENT_MS));
      await Promise.race([output.filter({ hasText: /\S/ }).waitFor({ timeout: 60_000 }), silent]);
      await page.locator('[data-test=kernel-state][data-state=idle]').waitFor();
      firstOutput ||= elapsed();
      outputs[cell] = await output.innerText();
      log(`participant: ${title.trim()}: ran ${cell}`);
    }
    await at(`task-${task}`, page);
    if (await page.locator('[data-test=start]').isVisible()) await page.click('[data-test=start]');
    else if (await page.locator('[data-test=next]').isVisible()) await page.click('[data-test=next]');
    else return { firstOutput, outputs };
    await page.waitForTimeout(50);
  }
}

async function visibleCells(page: Page): Promise<string[]> {
  const buttons = await page.locator('[data-test^="run-"]:visible').all();
  const names = await Promise.all(buttons.map((button) => button.getAttribute('data-test')));
  return names.map((name) => (name ?? '').slice('run-'.length));
}

/** The numbers of all events that leave the browser. */
function watchEvents(page: Page): Set<number> {
  const sent = new Set<number>();
  page.on('request', (request) => {
    if (request.method() !== 'POST' || !request.url().endsWith('/events')) return;
    const body = request.postDataJSON() as { events: readonly { seq: number }[] };
    for (const { seq } of body.events) sent.add(seq);
  });
  return sent;
}
