/** A participant's notebook in Chromium on the running platform, with a document that the test wrote. */
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { chromiumLaunch } from '../../src/local/chromium.js';
import type { Cell, CodeCell, Document, Output } from '../../src/studies/document.js';
import { eventually, PlainParticipant, type RunningPlatform } from './running-platform.js';

export interface OpenNotebook {
  readonly page: Page;
  readonly participant: string;
  close(): Promise<void>;
}

export async function startBrowser(platform: RunningPlatform): Promise<Browser> {
  return chromium.launch({ headless: true, timeout: 30_000, ...(await chromiumLaunch(platform.cache)) });
}

export interface SeatedParticipant {
  readonly participant: string;
  readonly address: string;
  readonly cookies: { readonly name: string; readonly value: string; readonly url: string }[];
}

/** Someone who consented and was given an instance, and whose work was last left as `document`. */
export async function seatParticipant(platform: RunningPlatform, document: Document): Promise<SeatedParticipant> {
  const { publicUrl } = platform.stack;
  const who = new PlainParticipant(publicUrl);
  await who.consent();
  const path = await eventually('an instance is assigned', () => who.assigned());
  const { rows } = await platform.database.query<{ id: string }>(
    'select participant_id as id from leases where instance_id = $1',
    [path.split('/')[2]],
  );
  const participant = rows[0]!.id;
  await platform.database.query(
    `insert into snapshots (study_id, participant_id, seq, document) values ('crypto-api', $1, 0, $2)`,
    [participant, JSON.stringify(document)],
  );
  const cookies = [...who.cookies].map(([name, value]) => ({ name, value, url: publicUrl }));
  return { participant, address: publicUrl + path, cookies };
}

export async function openNotebook(
  platform: RunningPlatform,
  browser: Browser,
  document: Document,
  options: BrowserContextOptions & { readonly before?: (page: Page) => Promise<void> } = {},
): Promise<OpenNotebook> {
  const { before, ...contextOptions } = options;
  const { participant, address, cookies } = await seatParticipant(platform, document);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...contextOptions });
  await context.addCookies(cookies);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await before?.(page);
  await page.goto(address);
  await page.locator('[data-test=task-title]').waitFor();
  return { page, participant, close: () => context.close() };
}

export function codeCell(id: string, source: string, outputs: Output[] = []): CodeCell {
  return { id, type: 'code', source, runnable: true, executionCount: null, outputs };
}

export function documentOf(cells: Cell[]): Document {
  return { tasks: [{ id: 'one', title: 'One', kind: 'task', cells }] };
}

export function outputOf(page: Page, cell: string): Locator {
  return page.locator(`[data-test="output-${cell}"]`);
}

/** Runs a cell to its end and returns its output. */
export async function run(page: Page, cell: string): Promise<Locator> {
  await page.click(`[data-test="run-${cell}"]`);
  await page.locator(`.code-cell[data-cell="${cell}"]:not(.running)`).waitFor();
  return outputOf(page, cell);
}
