/** Work that is done again and again, never twice at once: whoever hurries it while it runs has it done once more. */
export class Repeated {
  private running: Promise<void> | undefined;
  private again = false;

  /** @param work deals with its own errors: it never rejects */
  constructor(private readonly work: () => Promise<void>) {}

  hurry(): void {
    if (this.running !== undefined) {
      this.again = true;
      return;
    }
    this.again = false;
    this.running = this.work().finally(() => {
      this.running = undefined;
      if (this.again) this.hurry();
    });
  }

  /** Resolves when nothing runs any more. */
  async rest(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }
}
