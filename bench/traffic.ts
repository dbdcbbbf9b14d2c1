import type { Page } from 'playwright-core';

export interface Traffic {
  /** As they came over the wire, headers included; what a WebSocket brings is not counted. */
  bytes: number;
  requests: number;
}

/** Counts what the page loads from now on, by Chromium's own account. */
export async function watchTraffic(page: Page): Promise<Traffic> {
  const traffic: Traffic = { bytes: 0, requests: 0 };
  const session = await page.context().newCDPSession(page);
  session.on('Network.requestWillBeSent', () => (traffic.requests += 1));
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (traffic.bytes += encodedDataLength));
  await session.send('Network.enable');
  return traffic;
}
