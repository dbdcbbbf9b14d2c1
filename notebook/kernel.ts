/** The participant's kernel: found or started, connected, and found again when the connection or the kernel is lost. */
import { KernelConnection } from '@jupyterlab/services/lib/kernel/default.js';
import type { Kernel } from '@jupyterlab/services';
import { listRunning, startNew } from '@jupyterlab/services/lib/kernel/restapi.js';
import { ServerConnection } from '@jupyterlab/services/lib/serverconnection.js';
import { execute, type RunHandlers, type RunResult } from './execution.js';
import { KernelHelp } from './kernel-help.js';
import { isGone } from './protocol.js';

export type KernelState = 'starting' | 'idle' | 'busy' | 'reconnecting' | 'dead';

export interface KernelEvents {
  readonly state: (state: KernelState) => void;
  /** Another Python process than before: its variables are gone. */
  readonly lost: () => void;
  /** The instance does not know this page (any more). Tried again all the same, until the page is loaded anew. */
  readonly gone: () => void;
}

const RETRY = { first: 500, most: 8000 };

export class KernelSession {
  readonly help = new KernelHelp(() => this.live);
  private connection: KernelConnection | null = null;
  private connecting: Promise<void> | null = null;
  private hadKernel: string | null = null;
  private wasConnected = false;
  private restarting = false;
  private readonly settings: ServerConnection.ISettings;

  constructor(
    base: string,
    private readonly events: KernelEvents,
  ) {
    const url = new URL(base, location.origin);
    this.settings = ServerConnection.makeSettings({
      baseUrl: url.href,
      wsUrl: url.href.replace(/^http/, 'ws'),
      token: '',
      appendToken: false,
      init: { cache: 'no-store', credentials: 'same-origin' },
    });
  }

  /** Resolves when a kernel is there, however long that takes. May be called at any time. */
  connect(): Promise<void> {
    this.connecting ??= this.findKernel().finally(() => {
      this.connecting = null;
    });
    return this.connecting;
  }

  /** The kernel as it can be asked now, `null` while there is none. */
  get live(): KernelConnection | null {
    return this.isLost ? null : this.connection;
  }

  /** There was a connection and now there is none. */
  get isLost(): boolean {
    if (this.connection === null) return false;
    return this.connection.status === 'dead' || (this.wasConnected && this.connection.connectionStatus !== 'connected');
  }

  async run(code: string, handlers: RunHandlers): Promise<RunResult> {
    if (!this.connection) await this.connect();
    if (!this.connection || this.isLost) return { status: 'aborted', executionCount: null };
    try {
      return await execute(this.connection, code, handlers);
    } catch {
      // The participant's own restart ends a run on purpose.
      return { status: this.restarting ? 'aborted' : 'lost', executionCount: null };
    }
  }

  async interrupt(): Promise<void> {
    await this.connection?.interrupt();
  }

  async restart(): Promise<void> {
    if (!this.connection) return;
    this.restarting = true;
    try {
      await this.connection.restart();
    } finally {
      this.restarting = false;
    }
  }

  /** The network is back: do not wait for the next try. */
  hurry(): void {
    if (this.connection && this.isLost) void this.connection.reconnect().catch(() => undefined);
  }

  private async findKernel(): Promise<void> {
    this.events.state(this.hadKernel === null ? 'starting' : 'reconnecting');
    for (let pause = RETRY.first; ; pause = Math.min(pause * 2, RETRY.most)) {
      try {
        const running = await listRunning(this.settings);
        const model = running[0] ?? (await startNew({ name: 'python3' }, this.settings));
        this.open(model);
        return;
      } catch (error) {
        if (error instanceof ServerConnection.ResponseError && isGone(error.response.status)) {
          this.events.state('dead');
          this.events.gone();
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  private open(model: Kernel.IModel): void {
    this.connection?.dispose();
    if (this.hadKernel !== null && this.hadKernel !== model.id) this.events.lost();
    this.hadKernel = model.id;
    const connection = new KernelConnection({ model, serverSettings: this.settings, handleComms: false });
    this.connection = connection;
    connection.statusChanged.connect(() => {
      if (this.connection === connection) this.onStatus(connection.status);
    });
    connection.connectionStatusChanged.connect((_, status) => {
      if (this.connection !== connection) return;
      if (status === 'connected') this.wasConnected = true;
      if (status === 'connecting' && this.wasConnected) this.events.state('reconnecting');
      if (status === 'disconnected') void this.connect();
    });
  }

  private onStatus(status: Kernel.Status): void {
    if (status === 'idle' || status === 'busy') this.events.state(status);
    else if (status === 'starting' || status === 'restarting') this.events.state('starting');
    else if (status === 'autorestarting' && !this.restarting) this.events.lost();
    else if (status === 'dead') {
      this.events.state('dead');
      void this.connect();
    }
  }
}
