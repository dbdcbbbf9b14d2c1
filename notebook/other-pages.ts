/** Pages of the notebook in other tabs and windows of this browser: the newest goes on, the others stop at once. */
const NAME = 'observatory-notebook';

interface Announcement {
  readonly page: string;
  readonly at: number;
  /** Otherwise it is only on its way. */
  readonly isOpen: boolean;
}

export class OtherPages {
  /** Resolves when another page has taken over. */
  readonly tookOver: Promise<void>;
  /** Another page is about to take over: what this one knows should be kept where that one will look. */
  onComing: () => void = () => undefined;
  private readonly channel = new BroadcastChannel(NAME);
  private readonly at = Date.now();

  constructor(private readonly page: string) {
    this.tookOver = new Promise((resolve) => {
      this.channel.onmessage = ({ data }: MessageEvent<Announcement>) => {
        if (!this.isOlderThan(data)) return;
        if (data.isOpen) resolve();
        else this.onComing();
      };
    });
    this.announce(false);
  }

  takeOver(): void {
    this.announce(true);
  }

  private announce(isOpen: boolean): void {
    this.channel.postMessage({ page: this.page, at: this.at, isOpen } satisfies Announcement);
  }

  /** Of two that open at once, both must come to the same answer. */
  private isOlderThan({ page, at }: Announcement): boolean {
    return at > this.at || (at === this.at && page > this.page);
  }
}
