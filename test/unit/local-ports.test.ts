import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { freePort, retryOnTakenPort } from '../../src/local/ports.js';

describe('ports of the one-machine stack', () => {
  it('are never handed out twice, even when many ask at once', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, () => freePort()));
    assert.equal(new Set(ports).size, 200);
  });

  it('can be bound', async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it('are chosen anew when another program took one in between', async () => {
    const failures = ['bind: address already in use', 'listen EADDRINUSE: 127.0.0.1:1'];
    const started = await retryOnTakenPort(() => {
      const failure = failures.shift();
      return failure === undefined ? Promise.resolve('started') : Promise.reject(new Error(failure));
    });
    assert.equal(started, 'started');
  });

  it('are not the answer to any other failure', async () => {
    let attempts = 0;
    const start = () => {
      attempts++;
      return Promise.reject(new Error('no such file'));
    };
    await assert.rejects(retryOnTakenPort(start), /no such file/);
    assert.equal(attempts, 1);
  });
});
