import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Jupyter's API, ending in a slash, and what lets one in: the server's own token, or the headers of a browser. */
interface Server {
  readonly address: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LastRestart {
  readonly reason: string;
  readonly at: string;
}

interface KernelModel {
  readonly id: string;
  readonly execution_state: string;
  readonly last_restart?: LastRestart;
}

interface Message {
  readonly channel: string;
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
}

type Output = { output_type: string } & Record<string, unknown>;

export interface Run {
  /** `ok`, `error` and `aborted` are the kernel's; `gone` when it ended before it answered. */
  readonly status: string;
  readonly error: string | undefined;
  readonly printed: string;
}

export interface CellRun extends Run {
  /** As in a notebook. */
  readonly outputs: readonly Output[];
  readonly executionCount: number | null;
}

/** The kernel of an instance, by its websocket. */
export class KernelClient {
  private constructor(
    private readonly instance: Server,
    readonly id: string,
    readonly socket: WebSocket,
  ) {}

  /** A kernel of its own. */
  static async start(instance: Server): Promise<KernelClient> {
    const { id } = (await (await request(instance, 'kernels', { method: 'POST' })).json()) as KernelModel;
    const client = await KernelClient.connect(instance, id);
    await client.run('pass');
    return client;
  }

  /** As the notebook page does: the kernel that runs, or one that it starts. */
  static async find(instance: Server): Promise<KernelClient> {
    const running = (await answered(await request(instance, 'kernels'))) as KernelModel[];
    const json = { 'content-type': 'application/json' };
    const start = { method: 'POST', headers: json, body: JSON.stringify({ name: 'python3' }) };
    const model = running[0] ?? ((await answered(await request(instance, 'kernels', start))) as KernelModel);
    return KernelClient.connect(instance, model.id);
  }

  private static async connect(instance: Server, id: string): Promise<KernelClient> {
    const address = `${instance.address.replace('http', 'ws')}kernels/${id}/channels?session_id=${randomUUID()}`;
    const socket = new WebSocket(address, { headers: credentials(instance), maxPayload: 0, handshakeTimeout: 20_000 });
    await once(socket, 'open');
    // Whoever runs something hears of it by the close.
    socket.on('error', () => undefined);
    return new KernelClient(instance, id, socket);
  }

  async model(): Promise<KernelModel> {
    return (await (await request(this.instance, `kernels/${this.id}`)).json()) as KernelModel;
  }

  /** Runs the code until the kernel answers, is started anew or is gone. */
  async run(code: string, seconds = 60): Promise<Run> {
    const { status, error, printed } = await this.execute(code, seconds, false);
    return { status, error, printed };
  }

  /** The same, counted as a run of the notebook. */
  runCell(code: string, seconds = 60): Promise<CellRun> {
    return this.execute(code, seconds, true);
  }

  private execute(code: string, seconds: number, counts: boolean): Promise<CellRun> {
    const id = randomUUID();
    const collected = new RunResult(id);
    return new Promise<CellRun>((resolve, reject) => {
      const end = (finish: () => void): void => {
        clearTimeout(timer);
        this.socket.off('message', listen).off('close', closed);
        finish();
      };
      const timer = setTimeout(() => {
        const missing = collected.hasAnswer ? 'end of the output' : 'answer';
        end(() => {
          reject(new Error(`no ${missing} within ${seconds} s: ${code}`));
        });
      }, seconds * 1000);
      const done = (): void => {
        end(() => {
          resolve(collected.run());
        });
      };
      const listen = (data: Buffer): void => {
        if (collected.take(JSON.parse(data.toString()) as Message)) done();
      };
      const closed = (): void => {
        collected.isGone();
        done();
      };
      this.socket.on('message', listen).once('close', closed);
      if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(executeRequest(id, code, counts)));
      else closed();
    });
  }

  /** Asks for the run and waits for nothing. */
  send(code: string): void {
    this.socket.send(JSON.stringify(executeRequest(randomUUID(), code, false)));
  }

  async interrupt(): Promise<void> {
    await request(this.instance, `kernels/${this.id}/interrupt`, { method: 'POST' });
  }

  async restart(): Promise<void> {
    await request(this.instance, `kernels/${this.id}/restart`, { method: 'POST' });
  }

  close(): void {
    this.socket.terminate();
  }
}

/** What the messages of one run say. */
class RunResult {
  private status: string | undefined;
  private error: string | undefined;
  private executionCount: number | null = null;
  private idle = false;
  private readonly outputs: Output[] = [];

  constructor(private readonly id: string) {}

  get hasAnswer(): boolean {
    return this.status !== undefined;
  }

  isGone(): void {
    [this.status, this.error, this.idle] = ['gone', undefined, true];
  }

  /** True when there is nothing more to come. What was printed comes on another channel than the answer. */
  take({ channel, header: { msg_type: kind }, parent_header: parent, content }: Message): boolean {
    const state = kind === 'status' ? content['execution_state'] : undefined;
    if (state === 'restarting') this.isGone();
    if (parent.msg_id === this.id) {
      if (channel === 'shell') {
        this.status = content['status'] as string;
        this.error = content['ename'] as string;
        this.executionCount = (content['execution_count'] as number | undefined) ?? null;
      }
      if (channel === 'iopub') this.takeOutput(kind, content);
      if (state === 'idle') this.idle = true;
    }
    return this.hasAnswer && this.idle;
  }

  run(): CellRun {
    const printed = this.outputs.map(({ output_type: kind, text }) => (kind === 'stream' ? String(text) : '')).join('');
    const { status = 'gone', error, outputs, executionCount } = this;
    return { status, error, printed, outputs, executionCount };
  }

  private takeOutput(kind: string, content: Message['content']): void {
    const last = this.outputs.at(-1);
    if (kind === 'stream' && last?.output_type === 'stream' && last['name'] === content['name']) {
      last['text'] = String(last['text']) + String(content['text']);
    } else if (['stream', 'display_data', 'execute_result', 'error'].includes(kind)) {
      // What is of this run alone is no part of a notebook.
      const shown = Object.entries(content).filter(([name]) => name !== 'transient');
      this.outputs.push({ output_type: kind, ...Object.fromEntries(shown) });
    }
  }
}

const credentials = ({ token, headers }: Server) => ({
  ...(token !== undefined && { authorization: `token ${token}` }),
  ...headers,
});

export function request(instance: Server, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(instance.address + path, { ...init, headers: { ...credentials(instance), ...init.headers } });
}

async function answered(response: Response): Promise<unknown> {
  if (response.ok) return response.json();
  throw new Error(`answered with ${response.status}`);
}

function executeRequest(id: string, code: string, counts: boolean): object {
  return {
    channel: 'shell',
    header: { msg_id: id, msg_type: 'execute_request', username: '', session: id, version: '5.3', date: '' },
    parent_header: {},
    metadata: {},
    content: { code, silent: false, store_history: counts, user_expressions: {}, allow_stdin: false },
    buffers: [],
  };
}
