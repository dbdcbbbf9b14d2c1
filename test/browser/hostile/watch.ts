/** What a page shows of having been hit, and what a participant would touch. */
import type { Page } from 'playwright-core';
import { poll } from '../../poll.js';

export interface Watch {
  /** What happened that must not: dialogs, other pages, requests to elsewhere, errors. */
  readonly incidents: string[];
  /** Refusals by the page's policy, which are no harm: the page would be safe without them. */
  readonly refused: string[];
}

export function watch(page: Page, own: string): Watch {
  const incidents: string[] = [];
  const refused: string[] = [];
  page.on('dialog', (dialog) => {
    incidents.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => incidents.push(`other page: ${popup.url()}`));
  page.on('pageerror', ({ message }) => {
    // The kernel's own library refuses what is no message; nothing of it reaches the page.
    if (!message.startsWith('Kernel message validation error')) incidents.push(`error: ${message}`);
  });
  page.on('framenavigated', (frame) => {
    if (!frame.url().startsWith(own)) incidents.push(`went to ${frame.url()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(own) && !request.url().startsWith('data:image/')) {
      incidents.push(`asked for ${request.url()}`);
    }
  });
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML/.test(message.text())) refused.push(message.text());
  });
  return { incidents, refused };
}

// As text: these run in the browser, whose names the tests do not know.
const HITS = `(candidates) => {
  const names = (number) => [window, document, {}].map((owner) => owner['clobbered' + number]);
  const covers = (number) =>
    document.querySelector('.cover' + number) !== null ||
    [...document.querySelectorAll('[title="cover ' + number + '"]')].some(
      (cover) => getComputedStyle(cover).position === 'fixed',
    );
  const marked = candidates.filter((number) => names(number).some((name) => name !== undefined) || covers(number));
  return [...(window.hits ?? []), ...marked];
}`;

const TOUCH = `(selector) => {
  for (const element of document.querySelectorAll(selector)) {
    for (const name of ['mouseover', 'mouseenter', 'mousemove', 'focus']) {
      element.dispatchEvent(new MouseEvent(name, { bubbles: true }));
    }
    if (element instanceof HTMLDetailsElement) element.open = true;
    if (element.tabIndex >= 0) element.focus();
    const href = element.closest('a')?.getAttribute('href') ?? '';
    if (!/^(https?|mailto):/.test(href)) {
      element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    }
  }
}`;

/** Numbers of the cases that left their mark in the page. */
export function hits(page: Page, numbers: readonly number[]): Promise<number[]> {
  return page.evaluate(`(${HITS})(${JSON.stringify(numbers)})`);
}

/** Touches everything within as a curious participant would, except for plain links to elsewhere. */
export async function touch(page: Page, within: string): Promise<void> {
  await page.evaluate(`(${TOUCH})(${JSON.stringify(within)})`);
}

/** Whether a careless page is hit by this case. */
export async function isHitBare(
  page: Page,
  url: string,
  number: number,
  reached: ReadonlySet<number>,
): Promise<boolean> {
  await page.goto(`${url}/bare/${number}`, { waitUntil: 'commit' }).catch(() => undefined); // it may lead away at once
  let touched = false;
  return poll(
    `case ${number} hits a careless page`,
    async () => {
      if (reached.has(number)) return true;
      if ((await hits(page, [number]).catch((): number[] => [])).includes(number)) return true;
      if (!touched) await touch(page, 'body *').catch(() => undefined);
      touched = true;
      return undefined;
    },
    4,
  ).catch(() => false);
}
