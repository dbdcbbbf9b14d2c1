import type { BrowserContext } from 'playwright-core';
import { startNotebookServer } from './notebook-server.js';
import { click, NOTEBOOK_7, OURS, type PageParts, type Times, told, Watch } from './notebook-page.js';
import { GIVE_CONSENT, OPEN_NOTEBOOK, readConsent } from './participant.js';
import { type Platform, withPlatform } from './platform.js';
import { median } from './refill.js';
import { type Traffic, watchTraffic } from './traffic.js';

const ROUNDS = 7;

type Load = Traffic & Times;
type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;

/**
 * Our page and a Notebook 7 page with the study's notebook, on the same machine, in the same Chromium with a cold cache,
 * through the same Traefik; in turns, so that a busy moment of the machine meets both.
 */
export async function notebook(): Promise<object> {
  return withPlatform(async (platform) => {
    const server = await startNotebookServer(platform);
    const [ours, theirs]: [Load[], Load[]] = [[], []];
    // The first round only warms both servers up.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const our = await loadOurs(platform);
      const their = await load(platform, await server.freshPage(), NOTEBOOK_7, []);
      await server.endKernels();
      console.log(
        `${round === 0 ? 'warm-up' : `round ${round}`}: ours ${loadTold(our)}; Notebook 7 ${loadTold(their)}`,
      );
      if (round === 0) continue;
      ours.push(our);
      theirs.push(their);
    }
    const [our, their] = [medians(ours), medians(theirs)];
    return {
      ratio: ratio(our.bytes, their.bytes),
      editableRatio: ratio(our.editable, their.editable),
      firstOutputRatio: ratio(our.firstOutput, their.firstOutput),
      ours: our,
      notebook7: their,
    };
  });
}

/** A participant who was given an instance a moment ago opens the notebook in a browser that knows nothing but the session. */
async function loadOurs(platform: Platform): Promise<Load> {
  const context = await platform.browser.newContext();
  try {
    const page = await context.newPage();
    await readConsent(page, platform);
    await click(page, GIVE_CONSENT);
    await page.locator(OPEN_NOTEBOOK).waitFor();
    const path = await page.locator(OPEN_NOTEBOOK).getAttribute('href');
    return await load(platform, `${platform.stack.publicUrl}${path}`, OURS, await context.cookies());
  } finally {
    await context.close();
  }
}

async function load({ browser }: Platform, address: string, parts: PageParts, cookies: Cookies): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    await context.addCookies(cookies);
    const page = await context.newPage();
    const watch = await Watch.set(page, parts);
    const traffic = await watchTraffic(page);
    const start = performance.now();
    await page.goto(address, { waitUntil: 'commit' });
    const times = await watch.timeNotebook(start);
    // What a page still loads when nobody waits for it belongs to its cost.
    await page.waitForLoadState('networkidle');
    return { ...traffic, ...times };
  } finally {
    await context.close();
  }
}

function medians(loads: readonly Load[]): Load {
  const of = (field: keyof Load): number => median(loads.map((each) => each[field]));
  return { bytes: of('bytes'), requests: of('requests'), editable: of('editable'), firstOutput: of('firstOutput') };
}

/** Three digits that matter: a fifteenth is what is asked for. */
const ratio = (ours: number, theirs: number): number => Number((ours / theirs).toPrecision(3));

const loadTold = (load: Load): string =>
  `${(load.bytes / 1e6).toFixed(2)} MB in ${load.requests} requests, ${told(load)}`;
