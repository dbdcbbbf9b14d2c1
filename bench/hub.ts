import type { Page } from 'playwright-core';
import { type JupyterHub, startJupyterHub } from './jupyterhub.js';
import { click, NOTEBOOK_7, OURS, type Times, told, Watch } from './notebook-page.js';
import { GIVE_CONSENT, OPEN_NOTEBOOK, readConsent } from './participant.js';
import { type Platform, withPlatform } from './platform.js';
import { median, round2 } from './refill.js';

const ROUNDS = 5;

/**
 * From the click that gives consent to the first output, with a warm instance, against JupyterHub from the click that signs in to
 * the first output of the same notebook: it starts a server when its user comes. In turns, on the same machine and Chromium.
 */
export async function hub(): Promise<object> {
  return withPlatform(async (platform) => {
    const jupyterHub = await startJupyterHub(platform);
    const [ours, theirs]: [Times[], Times[]] = [[], []];
    // The first round only warms both up.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const our = await consentToOutput(platform);
      const their = await signInToOutput(platform, jupyterHub, `user${round}`);
      console.log(`${round === 0 ? 'warm-up' : `round ${round}`}: ours ${told(our)}; JupyterHub ${told(their)}`);
      if (round === 0) continue;
      ours.push(our);
      theirs.push(their);
    }
    const [our, their] = [medians(ours), medians(theirs)];
    return {
      ratio: round2(their.firstOutput / our.firstOutput),
      editableRatio: round2(their.editable / our.editable),
      ours: our,
      jupyterHub: their,
    };
  });
}

function consentToOutput(platform: Platform): Promise<Times> {
  return inNewWindow(platform, async (page) => {
    const watch = await Watch.set(page, OURS, [OPEN_NOTEBOOK]);
    await readConsent(page, platform);
    const start = performance.now();
    await click(page, GIVE_CONSENT);
    return watch.timeNotebook(start);
  });
}

async function signInToOutput(platform: Platform, jupyterHub: JupyterHub, user: string): Promise<Times> {
  const times = await inNewWindow(platform, async (page) => {
    const watch = await Watch.set(page, NOTEBOOK_7);
    await page.goto(jupyterHub.signIn);
    await page.fill('input[name=username]', user);
    await page.fill('input[name=password]', 'any');
    const start = performance.now();
    await click(page, '#login-main [type=submit]');
    return watch.timeNotebook(start);
  });
  await jupyterHub.stopServer(user);
  return times;
}

async function inNewWindow({ browser }: Platform, work: (page: Page) => Promise<Times>): Promise<Times> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    return await work(await context.newPage());
  } finally {
    await context.close();
  }
}

function medians(times: readonly Times[]): Times {
  const of = (field: keyof Times): number => median(times.map((each) => each[field]));
  return { editable: of('editable'), firstOutput: of('firstOutput') };
}
