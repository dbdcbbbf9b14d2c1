import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, createGzip } from 'node:zlib';
import { Nomad } from '../../src/platform/nomad/client.js';
import { NomadError } from '../../src/platform/nomad/errors.js';
import { readSettings } from '../../src/platform/settings.js';

describe('the event stream', () => {
  let server: Server;
  let nomad: Nomad;
  let open: ServerResponse;

  beforeEach(async () => {
    server = createServer((_request, response) => {
      open = response;
      response.write('{}\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    nomad = new Nomad(
      readSettings({
        NOMAD_ADDR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        DATABASE_URL: 'postgres://nowhere',
        REDIS_URL: 'redis://nowhere',
        OBSERVATORY_SECRET: 'x'.repeat(32),
        OBSERVATORY_PUBLIC_URL: 'http://nowhere',
      }),
    );
  });
  afterEach(() => {
    nomad.close();
    server.close().closeAllConnections();
  });

  it('ends quietly when it is aborted, in the middle of a line too', async () => {
    const aborting = new AbortController();
    const lines: string[] = [];
    const streaming = nomad.eventStream(['Job'], aborting.signal, (line) => {
      lines.push(line);
      open.write('{"half', () => {
        aborting.abort();
      });
    });
    await streaming;
    assert.deepEqual(lines[0], '{}');
  });

  it('ends quietly when it is aborted while it comes compressed, as Nomad sends it', async () => {
    server.removeAllListeners('request');
    server.on('request', (_request, response: ServerResponse) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
      gzip.pipe(response);
      gzip.write('{}\n');
    });
    const aborting = new AbortController();
    await nomad.eventStream(['Job'], aborting.signal, () => {
      setImmediate(() => {
        aborting.abort();
      });
    });
  });

  it('fails when the connection is cut', async () => {
    const streaming = nomad.eventStream(['Job'], new AbortController().signal, () => {
      open.destroy();
    });
    await assert.rejects(streaming, NomadError);
  });
});
