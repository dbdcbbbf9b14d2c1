/** One load of the notebook page, without a browser: types, runs, records, and finds its kernel again when that is lost. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ChangeSet, Text } from '@codemirror/state';
import type { CodeCell, Document, Task } from '../studies/document.js';
import { linesOf, rebuild } from '../studies/rebuild.js';
import type { EventKind } from '../studies/recording.js';
import { type BotEvent, BotOutbox, type Recorded } from './bot-outbox.js';
import { type CellRun, KernelClient } from './kernel-client.js';
import type { Tally } from './tally.js';
import { causeOf, refusalIn, StepError, type Traveller } from './traveller.js';

interface Configuration {
  readonly participant: string;
  readonly document: Document;
  readonly state: { readonly task: number; readonly acknowledged: number };
  readonly heartbeatSeconds: number;
}

export interface PageParts {
  readonly who: Traveller;
  readonly tally: Tally;
  readonly recorded: Recorded;
}

const KERNEL_PATIENCE_MS = 120_000;
const JSON_HEADERS = { 'content-type': 'application/json', 'x-observatory': '1' };

export class BotPage {
  private readonly name = randomBytes(16).toString('hex');
  private readonly opened = performance.now();
  private clock = 0;
  private kernel: KernelClient | undefined;
  /** The kernel of before, and its instance. */
  private known: { readonly kernel: string; readonly instance: string } | undefined;
  private readonly document: Document;
  private readonly outbox: BotOutbox;
  private readonly heart: NodeJS.Timeout;
  private task: number;

  private constructor(
    private readonly parts: PageParts,
    private path: string,
    private readonly configuration: Configuration,
    waiting: readonly BotEvent[],
  ) {
    const { document, state } = configuration;
    // What an earlier page kept and the server does not have is on top of what the server shows.
    const kept = waiting.filter(({ seq }) => seq > state.acknowledged);
    this.document = rebuild(document, kept);
    this.task = kept.reduce(
      (task, { type, data }) => (type === 'next' || type === 'start' ? Number(data['to']) : task),
      state.task,
    );
    const send = (batch: unknown): Promise<Response> => this.post('events', batch);
    this.outbox = new BotOutbox({ ...parts, acknowledged: state.acknowledged, waiting: kept, send });
    this.heart = setInterval(() => void this.beat(), configuration.heartbeatSeconds * 1000);
  }

  static async open(parts: PageParts, path: string, waiting: readonly BotEvent[] = []): Promise<BotPage> {
    const { who } = parts;
    await who.page('notebook page', path);
    const configuration = JSON.parse(await who.page('notebook contents', `${path}notebook`)) as Configuration;
    const page = new BotPage(parts, path, configuration, waiting);
    const resumed = page.outbox.lastSeq > 0;
    page.record('open', { width: 1280, height: 900, language: 'en', resumed });
    page.outbox.keep(page.document);
    return page;
  }

  get participant(): string {
    return this.configuration.participant;
  }

  get instance(): string {
    return this.path.split('/')[2]!;
  }

  get isLast(): boolean {
    return this.task >= this.document.tasks.length - 1;
  }

  get codeCells(): CodeCell[] {
    return this.current.cells.filter((cell): cell is CodeCell => cell.type === 'code');
  }

  /** As if on a keyboard: some keys, one event. */
  type(cell: CodeCell, words: string): void {
    const steps = [];
    for (const key of words) {
      const { length } = Text.of(linesOf(cell.source));
      const changes = ChangeSet.of({ from: length, insert: key }, length);
      cell.source = changes.apply(Text.of(linesOf(cell.source))).toString();
      steps.push({ clock: this.now(), changes: changes.toJSON() as unknown, by: 'input.type' });
    }
    this.record('edit', { steps }, cell.id);
  }

  /** Runs the cell; again on another kernel when that one is lost. */
  async run(cell: CodeCell): Promise<void> {
    for (let lost = 0; ; lost += 1) {
      const kernel = await this.findKernel();
      this.record('run', { source: cell.source }, cell.id);
      [cell.outputs, cell.executionCount] = [[], null];
      const since = performance.now();
      const run = await kernel.runCell(cell.source);
      const milliseconds = Math.round(performance.now() - since);
      this.record('output', this.settled(cell, run, milliseconds), cell.id);
      if (run.status !== 'gone') {
        this.parts.tally.time('run of a cell', milliseconds);
        return;
      }
      this.parts.tally.error('run of a cell', 'the kernel is gone');
      kernel.close();
      this.kernel = undefined;
      if (lost >= 5) throw new StepError('run of a cell', 'the kernel was lost too often');
    }
  }

  async start(): Promise<void> {
    await this.findKernel();
  }

  /** The network is away. */
  disconnect(): void {
    this.kernel?.close();
    this.kernel = undefined;
  }

  advance(): void {
    this.record(this.current.kind === 'introduction' ? 'start' : 'next', { to: this.task + 1 });
    this.task += 1;
    this.outbox.keep(this.document);
  }

  flush(): Promise<void> {
    return this.outbox.flush();
  }

  /** Everything must be there before the page may go; the server must show what the participant sees. */
  async finish(twice: boolean): Promise<string> {
    const { who, tally } = this.parts;
    this.record('finish', {});
    this.outbox.keep(this.document);
    for (;;) {
      await this.outbox.flush();
      const shown = JSON.parse(await who.page('reading back', `${this.path}notebook`)) as Configuration;
      const isSame = isDeepStrictEqual(shown.document, JSON.parse(JSON.stringify(this.document)));
      if (!isSame) throw new StepError('reading back', 'the server’s notebook is another one than the participant’s');
      if (shown.state.acknowledged !== this.outbox.lastSeq) throw new StepError('reading back', 'events are missing');
      const body = JSON.stringify({ seq: this.outbox.lastSeq });
      const send = () => who.ask('finish', `${this.path}finish`, { method: 'POST', headers: JSON_HEADERS, body });
      const [answer] = await Promise.all(twice ? [send(), send()] : [send()]);
      const text = await answer.text();
      if (answer.status === 200) return (JSON.parse(text) as { next: string }).next;
      if (answer.status !== 409) throw new StepError('finish', refusalIn(answer, text));
      tally.error('finish', 'events were missing');
    }
  }

  /** The page is closed; what it did not get sent stays in the browser. */
  async close(): Promise<readonly BotEvent[]> {
    clearInterval(this.heart);
    this.kernel?.close();
    await this.outbox.close();
    return this.outbox.waiting;
  }

  private get current(): Task {
    return this.document.tasks[this.task]!;
  }

  private settled(cell: CodeCell, { outputs, executionCount, status }: CellRun, milliseconds: number): object {
    [cell.outputs, cell.executionCount] = [structuredClone(outputs) as CodeCell['outputs'], executionCount];
    const told = status === 'gone' ? 'lost' : status;
    return { outputs: structuredClone(outputs), executionCount, status: told, cut: 0, milliseconds };
  }

  private record(type: EventKind, data: object, cell: string | null = null): void {
    const focusSeconds = Math.round((performance.now() - this.opened) / 100) / 10;
    const place = { task: this.current.id, cell };
    const when = { at: new Date().toISOString(), clock: this.now(), page: this.name };
    this.outbox.record({ type, ...when, ...place, focusSeconds, data: { ...data } });
  }

  /** Milliseconds since the page was opened; later each time. */
  private now(): number {
    this.clock = Math.max(this.clock + 0.1, performance.now() - this.opened);
    this.clock = Math.round(this.clock * 10) / 10;
    return this.clock;
  }

  /** The one that is there; connected to, after a loss perhaps on another instance. */
  private async findKernel(): Promise<KernelClient> {
    if (this.kernel !== undefined && this.kernel.socket.readyState === this.kernel.socket.OPEN) return this.kernel;
    const { who, tally } = this.parts;
    const deadline = performance.now() + KERNEL_PATIENCE_MS;
    for (let pause = 300; ; pause = Math.min(pause * 1.5, 3_000)) {
      try {
        if (who.isOffline) throw new Error('offline');
        const since = performance.now();
        const origin = new URL(who.publicUrl).origin;
        const address = `${who.publicUrl}${this.path}api/`;
        this.kernel = await KernelClient.find({ address, headers: { cookie: who.cookie, origin } });
        tally.time(this.known === undefined ? 'kernel' : 'kernel again', performance.now() - since);
        this.tellReconnect(this.kernel.id);
        return this.kernel;
      } catch (error) {
        if (!who.isOffline) tally.error('kernel', causeOf(error));
        if (performance.now() > deadline) throw new StepError('kernel', causeOf(error));
      }
      await sleep(pause);
      if (!who.isOffline) await this.moveOn();
    }
  }

  private tellReconnect(kernel: string): void {
    const { known, instance } = this;
    this.known = { kernel, instance };
    if (known === undefined) return;
    const variables = known.kernel === kernel ? 'kept' : 'lost';
    this.record('reconnect', { instance: known.instance === instance ? 'same' : 'new', variables });
  }

  /** Where the kernel is now. */
  private async moveOn(): Promise<void> {
    const { instance } = JSON.parse(await this.parts.who.page('asking for the place', `${this.path}place`)) as {
      instance: string | null;
    };
    if (instance !== null) this.path = `/proxy/${instance}/`;
  }

  private post(path: string, body: unknown): Promise<Response> {
    return this.parts.who.request(this.path + path, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: JSON.stringify(body),
    });
  }

  private async beat(): Promise<void> {
    try {
      await this.post('heartbeat', { seq: this.outbox.lastSeq, page: this.name });
    } catch (error) {
      if (!this.parts.who.isOffline) this.parts.tally.error('heartbeat', causeOf(error));
    }
  }
}
