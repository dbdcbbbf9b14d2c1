import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Of Jupyter's API, ending in a slash, and its token. */
interface Server {
  readonly address: string;
  readonly token: string;
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

export interface Run {
  /** `ok` and `error` are the kernel's; `gone` when it ended before it answered. */
  readonly status: string;
  readonly error: string | undefined;
  readonly printed: string;
}

/** The kernel of an instance, as the gate's client sees it: the bare server with its token. */
export class KernelClient {
  private constructor(
    private readonly instance: Server,
    readonly id: string,
    readonly socket: WebSocket,
  ) {}

  static async start(instance: Server): Promise<KernelClient> {
    const { id } = (await (await request(instance, 'kernels', { method: 'POST' })).json()) as KernelModel;
    const address = `${instance.address.replace('http', 'ws')}kernels/${id}/channels?session_id=${randomUUID()}`;
    const socket = new WebSocket(address, { headers: authorization(instance), maxPayload: 0 });
    await once(socket, 'open');
    const client = new KernelClient(instance, id, socket);
    await client.run('pass');
    return client;
  }

  async model(): Promise<KernelModel> {
    return (await (await request(this.instance, `kernels/${this.id}`)).json()) as KernelModel;
  }

  /** Runs the code until the kernel answers or is started anew. */
  async run(code: string, seconds = 60): Promise<Run> {
    const id = randomUUID();
    let printed = '';
    let idle = false;
    const done = new Promise<Omit<Run, 'printed'>>((resolve, reject) => {
      let result: Omit<Run, 'printed'> | undefined;
      const timer = setTimeout(() => {
        reject(new Error(`no ${result === undefined ? 'answer' : 'end of the output'} within ${seconds} s: ${code}`));
      }, seconds * 1000);
      const listen = (data: Buffer): void => {
        const { channel, header, parent_header: parent, content } = JSON.parse(data.toString()) as Message;
        const state = header.msg_type === 'status' ? content['execution_state'] : undefined;
        if (state === 'restarting') [result, idle] = [{ status: 'gone', error: undefined }, true];
        if (parent.msg_id === id) {
          if (header.msg_type === 'stream') printed += content['text'] as string;
          if (channel === 'shell') result = { status: content['status'] as string, error: content['ename'] as string };
          // What was printed comes on another channel than the answer.
          if (state === 'idle') idle = true;
        }
        if (result === undefined || !idle) return;
        clearTimeout(timer);
        this.socket.off('message', listen);
        resolve(result);
      };
      this.socket.on('message', listen);
    });
    this.socket.send(JSON.stringify(executeRequest(id, code)));
    return { ...(await done), printed };
  }

  /** Asks for the run and waits for nothing. */
  send(code: string): void {
    this.socket.send(JSON.stringify(executeRequest(randomUUID(), code)));
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

const authorization = ({ token }: Server) => ({ authorization: `token ${token}` });

export function request(instance: Server, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(instance.address + path, { ...init, headers: { ...authorization(instance), ...init.headers } });
}

function executeRequest(id: string, code: string): object {
  return {
    channel: 'shell',
    header: { msg_id: id, msg_type: 'execute_request', username: '', session: id, version: '5.3', date: '' },
    parent_header: {},
    metadata: {},
    content: { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false },
    buffers: [],
  };
}
