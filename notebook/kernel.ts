/**
 * The participant's kernel: found or started, connected, and found again when the connection, the kernel or its instance is lost.
 *
 *   reach ──► connected ──(lost)──► reach ──(not there)──► pause ──► follow: where is the instance now? ──► reach …
 */
import type { KernelConnection } from '@jupyterlab/services/lib/kernel/default.js';
import type { ServerConnection } from '@jupyterlab/services/lib/serverconnection.js';
import { execute, type RunHandlers, type RunResult } from './execution.js';
import { KernelHelp } from './kernel-help.js';
import {
  type BegunConnection,
  findKernel,
  hasRunNothing,
  openConnection,
  restartIn,
  restartOf,
  serverSettings,
  whenConnected,
} from './kernel-server.js';
import type { EventData } from './protocol.js';

export type KernelState = EventData['kernel']['state'];
export type Reconnection = EventData['reconnect'];

export interface KernelEvents {
  readonly state: (state: KernelState) => void;
  /** This page's first kernel is there; `fresh` when nothing has ever been run on it. */
  readonly found: (fresh: boolean) => void;
  /** The instance restarted Python, for this reason if it knows one: the variables are gone. */
  readonly restarted: (reason: string | null) => void;
  /** There is no instance at the moment: another is being made ready. */
  readonly waiting: () => void;
  readonly moved: (instance: string) => void;
  /** Connected again after it was not. */
  readonly back: (how: Reconnection) => void;
}

export interface KernelParts {
  readonly instance: string;
  /** To be taken if it came about. */
  readonly begun: Promise<BegunConnection | null>;
  readonly events: KernelEvents;
  /** Where the instance is now: `null` while there is none, `undefined` when that cannot be told. */
  readonly place: () => Promise<string | null | undefined>;
}

const RETRY = { first: 500, most: 4000 };
/** A connection that breaks off often comes back by itself within this time, milliseconds. */
const MOMENT = 1000;
const PATIENCE = 8000;

export class KernelSession {
  readonly help = new KernelHelp(() => this.live);
  private connection: KernelConnection | null = null;
  private begun: Promise<BegunConnection | null> | null;
  private finding: Promise<void> | null = null;
  private instance: string;
  private settings: ServerConnection.ISettings;
  private hadKernel: string | null = null;
  private lastRestart: string | null = null;
  /** Under way: by the participant, or by the instance. */
  private restarting: 'own' | 'theirs' | null = null;
  private wake: () => void = () => undefined;

  constructor(private readonly parts: KernelParts) {
    this.instance = parts.instance;
    this.begun = parts.begun;
    this.settings = serverSettings(this.instance);
  }

  /** Resolves when a kernel is there, however long that takes. May be called at any time. */
  connect(): Promise<void> {
    this.finding ??= this.find().finally(() => {
      this.finding = null;
    });
    return this.finding;
  }

  /** The kernel as it can be asked now, `null` while there is none. */
  get live(): KernelConnection | null {
    return this.isLost ? null : this.connection;
  }

  /** There was a connection and now there is none. */
  get isLost(): boolean {
    if (this.hadKernel === null) return false;
    return this.connection?.connectionStatus !== 'connected' || this.connection.status === 'dead';
  }

  async run(code: string, handlers: RunHandlers): Promise<RunResult> {
    if (this.hadKernel === null) await this.connect();
    if (!this.connection || this.isLost) return { status: 'aborted', executionCount: null };
    try {
      return await execute(this.connection, code, handlers);
    } catch {
      // The participant's own restart ends a run on purpose.
      return { status: this.restarting === 'own' ? 'aborted' : 'lost', executionCount: null };
    }
  }

  async interrupt(): Promise<void> {
    await this.connection?.interrupt();
  }

  async restart(): Promise<void> {
    if (!this.connection) return;
    this.restarting = 'own';
    try {
      await this.connection.restart();
    } finally {
      this.restarting = null;
    }
  }

  /** The network is back: do not wait for the next try. */
  hurry(): void {
    this.wake();
  }

  /** The instance may be another one than the page knows. */
  async checkPlace(): Promise<void> {
    if (await this.follow()) await this.connect();
  }

  private async find(): Promise<void> {
    const { hadKernel, instance } = this;
    this.parts.events.state(hadKernel === null ? 'starting' : 'reconnecting');
    if (!(await this.returned())) {
      for (let pause = RETRY.first; !(await this.reach()); pause = Math.min(pause * 2, RETRY.most)) {
        await this.pause(pause);
        await this.follow();
      }
    }
    await this.tellFound(hadKernel, instance);
  }

  private async returned(): Promise<boolean> {
    const { connection } = this;
    return connection !== null && connection.status !== 'dead' && (await whenConnected(connection, MOMENT));
  }

  /** Says whether a kernel of the instance is connected. */
  private async reach(): Promise<boolean> {
    try {
      const begun = await this.takeBegun();
      if (begun) this.adopt(begun.connection, restartIn(begun.model).id);
      else await this.open();
      return await whenConnected(this.connection!, PATIENCE);
    } catch {
      return false; // the instance does not answer (yet): tried again, and the page shows it
    }
  }

  private takeBegun(): Promise<BegunConnection | null> | null {
    const { begun } = this;
    this.begun = null;
    return begun;
  }

  /** Goes where the instance is now, and says whether that is another place. */
  private async follow(): Promise<boolean> {
    const instance = await this.parts.place();
    if (instance === undefined || instance === this.instance) return false;
    // What ran there will not come to an end any more.
    this.connection?.dispose();
    this.connection = null;
    if (instance === null) {
      this.parts.events.waiting();
      return true;
    }
    this.instance = instance;
    this.settings = serverSettings(instance);
    this.parts.events.moved(instance);
    return true;
  }

  private async tellFound(hadKernel: string | null, instance: string): Promise<void> {
    const connection = this.connection!;
    const { events } = this.parts;
    this.hadKernel = connection.id;
    if (hadKernel === null) {
      // Not waited for: a program that still runs answers when it is done. A kernel lost until then is told as such.
      hasRunNothing(connection).then(events.found, () => undefined);
    } else {
      const isSame = !(await this.wasRestarted(connection)) && hadKernel === connection.id;
      events.back({ instance: this.instance === instance ? 'same' : 'new', variables: isSame ? 'kept' : 'lost' });
    }
    if (connection.status === 'idle' || connection.status === 'busy') events.state(connection.status);
  }

  private async wasRestarted(connection: KernelConnection): Promise<boolean> {
    const { id } = (await restartOf(connection)) ?? { id: this.lastRestart };
    const isAnother = id !== this.lastRestart;
    this.lastRestart = id;
    return isAnother;
  }

  private async open(): Promise<void> {
    const model = await findKernel(this.settings, this.hadKernel);
    const isSame = model.id === this.connection?.id && this.connection.status !== 'dead';
    // The same connection keeps the run under way: the instance has kept its messages.
    if (isSame) void this.connection!.reconnect().catch(() => undefined);
    else this.adopt(openConnection(model, this.settings), this.hadKernel === null ? restartIn(model).id : undefined);
  }

  /** @param restart the last one before this connection, where none is known yet */
  private adopt(connection: KernelConnection, restart?: string | null): void {
    this.connection?.dispose();
    this.connection = connection;
    if (restart !== undefined) this.lastRestart = restart;
    connection.statusChanged.connect(() => {
      if (this.connection === connection) void this.onStatus(connection);
    });
    connection.connectionStatusChanged.connect((_, status) => {
      if (this.connection === connection && status !== 'connected' && this.restarting === null) void this.connect();
    });
  }

  private async onStatus(connection: KernelConnection): Promise<void> {
    const { status } = connection;
    const { events } = this.parts;
    if (status === 'idle' || status === 'busy') events.state(status);
    else if (status === 'starting' || status === 'restarting') events.state('starting');
    else if (status === 'autorestarting') await this.onRestarted(connection);
    else if (status === 'dead') {
      events.state('dead');
      await this.connect();
    }
  }

  /** The instance started Python again by itself: the connection goes on with the new process. */
  private async onRestarted(connection: KernelConnection): Promise<void> {
    if (this.restarting !== null) return;
    this.restarting = 'theirs';
    const isBack = await whenConnected(connection, PATIENCE, 'anew');
    this.restarting = null;
    if (!isBack) {
      await this.connect();
      return;
    }
    const restart = await restartOf(connection);
    if (restart) this.lastRestart = restart.id;
    this.parts.events.restarted(restart?.reason ?? null);
  }

  private async pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
