/** Pages of the notebook in other tabs and windows of this browser: the newest goes on, the others stop at once. */
const NAME = 'observatory-notebook';

interface Opened {
  readonly page: string;
  readonly at: number;
}

export class OtherPages {
  /** Resolves when another page has taken over. */
  readonly tookOver: Promise<void>;

  constructor(page: string) {
    const own: Opened = { page, at: Date.now() };
    const channel = new BroadcastChannel(NAME);
    this.tookOver = new Promise((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<Opened>) => {
        if (isNewer(data, own)) resolve();
      };
    });
    channel.postMessage(own);
  }
}

/** Of two that opened at once, both must come to the same answer. */
function isNewer(one: Opened, other: Opened): boolean {
  return one.at > other.at || (one.at === other.at && one.page > other.page);
}
