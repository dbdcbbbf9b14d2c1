import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ConsulClient } from '../../src/platform/consul.js';

describe('a Consul that takes calls and answers none', function () {
  this.timeout(30_000);

  it('is given up in time, with the connection: it would take one more with each call', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const { port } = server.address() as AddressInfo;
    const consul = new ConsulClient({ CONSUL_HTTP_ADDR: `http://127.0.0.1:${port}` });
    try {
      const answer = assert.rejects(consul.passingTags('instances'), /^Error: Consul, health of instances: no answer/);
      const [socket] = await connected;
      const closed = once(socket.resume(), 'close');
      await answer;
      await closed;
    } finally {
      consul.close();
      server.close();
    }
  });
});
