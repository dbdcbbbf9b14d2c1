import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The network between a browser and a server, which a test takes away and gives back. */
export class Network {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly address: string,
  ) {}

  static async to(target: string): Promise<Network> {
    const { hostname, port } = new URL(target);
    const server = createServer((near) => {
      network.join(near, connect(Number(port), hostname));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const network = new Network(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return network;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      // Either end may break; the other then closes.
      socket.on('error', () => socket.destroy()).once('close', () => this.sockets.delete(socket));
    }
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
    if (this.isCut) near.destroy();
    else near.pipe(far).pipe(near);
  }
}
