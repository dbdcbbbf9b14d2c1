import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Contract, eventLines, newInstance, parentJob, type StreamEvent } from './client.js';
import { eventually } from './support.js';

/** Events, waiting reads, output and connections, asked of a real Nomad (NOMAD_ADDR) and of the stand-in alike. */
describe('Nomad contract: streams', function () {
  this.timeout(60_000);
  const contract = new Contract();
  const parent = contract.id('streams');
  const sleeper = (seconds: number) => parentJob(parent, { command: '/bin/sleep', args: [String(seconds)] });

  before(async () => {
    await contract.start();
    await contract.register(sleeper(60));
  });

  after(() => contract.finish());

  type Batch = { Index: number; Events: StreamEvent[] };

  /** Batches of the stream from an index on, until one is the last wanted. */
  async function events(query: string, isLast: (batch: Batch) => boolean): Promise<Batch[]> {
    const abort = new AbortController();
    const found: Batch[] = [];
    for await (const { Index, Events } of eventLines(contract.address, `/v1/event/stream?${query}`, abort.signal)) {
      if (Index === undefined || Events === undefined) continue;
      found.push({ Index, Events });
      if (isLast({ Index, Events })) break;
    }
    abort.abort();
    return found;
  }

  it('begins with the entry of the index that is asked for', async () => {
    const { index } = await contract.register(sleeper(61));
    await contract.register(sleeper(62));
    const [first] = await events(`topic=Job&index=${index}`, () => true);
    assert.equal(first?.Index, index);
    assert.deepEqual(
      first.Events.map(({ Key, Type }) => [Key, Type]),
      [[parent, 'JobRegistered']],
    );
  });

  it('keeps about 100 entries, and begins silently with the oldest when an older one is asked for', async () => {
    const { index: old } = await contract.register(sleeper(100));
    let last = 0;
    for (let write = 0; write < 120; write++) last = (await contract.register(sleeper(101 + write))).index;
    const found = await events(`topic=Job:${parent}&index=${old}`, ({ Index }) => Index === last);
    assert.ok((found[0]?.Index ?? 0) > old, 'the asked one is gone');
    assert.ok(found.length > 50 && found.length <= 105, String(found.length));
  });

  it('tells of one job alone when its key is given, and of none in another namespace', async () => {
    const other = contract.id('other');
    const { index } = await contract.register({ ...sleeper(1), ID: other, Name: other });
    const { index: last } = await contract.register(sleeper(63));
    const found = await events(`topic=Job:${parent}&index=${index}`, ({ Index }) => Index === last);
    assert.deepEqual(new Set(found.flatMap(({ Events }) => Events.map(({ Key }) => Key))), new Set([parent]));
    const abort = AbortSignal.timeout(500);
    const lines = eventLines(contract.address, `/v1/event/stream?topic=Job&namespace=nowhere&index=${index}`, abort);
    assert.deepEqual((await lines.next()).value, {});
    await assert.rejects(lines.next(), /abort|time/i);
  });

  it('is silent about a purge', async () => {
    const child = await contract.dispatched(parent);
    await contract.withStatus(child, 'running');
    const { index } = await contract.nomad('GET', '/v1/jobs');
    await contract.purge(child);
    await contract.withStatus(child, 'complete');
    const { index: last } = await contract.register(sleeper(64));
    const found = await events(`topic=Job&index=${index + 1}`, ({ Index }) => Index === last);
    const told = found.flatMap(({ Events }) => Events).filter(({ Key }) => Key === child);
    assert.deepEqual(told, []);
  });

  it('wakes waiting reads of allocations and evaluations at a dispatch, and no read of another job', async () => {
    const waiting = async (route: string, wait: string) => {
      const { index } = await contract.nomad('GET', route);
      const started = Date.now();
      return contract
        .nomad('GET', `${route}?index=${index}&wait=${wait}`)
        .then((reply) => ({ woken: reply.index > index, ms: Date.now() - started }));
    };
    const tables = ['/v1/allocations', '/v1/evaluations'].map((route) => waiting(route, '20s'));
    const still = waiting(`/v1/job/${parent}`, '1s');
    const child = await contract.dispatched(parent);
    for (const read of await Promise.all(tables)) assert.ok(read.woken && read.ms < 15_000);
    const { woken, ms } = await still;
    assert.deepEqual([woken, ms >= 1000], [false, true]);
    await contract.stop(child);
  });

  it('answers a waiting read at once when its index is past already', async () => {
    const reply = await contract.nomad('GET', '/v1/jobs?index=1&wait=20s');
    assert.ok(reply.index > 1);
    assert.equal(reply.headers.get('x-nomad-knownleader'), 'true');
  });

  it('gives one of the children of a race for every later call with its token', async () => {
    const instance = newInstance();
    const calls = Array.from({ length: 8 }, () => contract.dispatched(parent, instance));
    const children = new Set(await Promise.all(calls));
    assert.ok(children.has(await contract.dispatched(parent, instance)));
    const found = await contract.list<{ ID: string }>('jobs', `DispatchIdempotencyToken == "${instance}"`);
    assert.deepEqual(new Set(found.map(({ ID }) => ID)), children);
    for (const child of children) await contract.stop(child);
  });

  it('gives output as text and frames, from an offset, and follows it', async () => {
    const name = contract.id('logs');
    const script = 'echo one; while [ ! -e go ]; do sleep 0.1; done; echo two; sleep 0.5';
    await contract.register(parentJob(name, { command: '/bin/bash', args: ['-c', script] }));
    const { ID } = await contract.withStatus(await contract.dispatched(name), 'running');
    const route = `/v1/client/fs/logs/${ID}?task=server&type=stdout`;
    const plain = async (query: string) => (await contract.nomad('GET', `${route}&plain=true${query}`)).text;
    await eventually('first line', async () => (await plain('')) === 'one\n');
    assert.equal(await plain('&origin=start&offset=2'), 'e\n');
    assert.equal(await plain('&origin=end&offset=3'), 'ne\n');
    assert.equal((await contract.nomad('GET', `${route}&plain=True`)).text, 'one\n', 'as Python writes it');
    const frame = await contract.nomad<{ Data: string; File: string; Offset: number }>('GET', route);
    const expected = { Data: Buffer.from('one\n').toString('base64'), File: 'alloc/logs/server.stdout.0', Offset: 4 };
    assert.deepEqual(frame.json, expected);
    const response = await fetch(`${contract.address}${route}&follow=true&plain=true`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader?.read())?.value, 'one\n');
    await reader?.cancel();
    const unknown = await contract.nomad('GET', `/v1/client/fs/logs/${ID}?task=zz&type=stdout&plain=true`);
    assert.deepEqual([unknown.status, unknown.text], [400, 'unknown task name "zz"']);
    const listed = await contract.nomad<{ Name: string; IsDir: boolean }[]>('GET', `/v1/client/fs/ls/${ID}?path=/`);
    assert.deepEqual(
      listed.json.map(({ Name, IsDir }) => [Name, IsDir]),
      [
        ['alloc', true],
        ['server', true],
      ],
    );
    const file = await contract.nomad('GET', `/v1/client/fs/cat/${ID}?path=/alloc/logs/server.stdout.0`);
    assert.equal(file.text, 'one\n');
    const none = await contract.nomad('GET', `/v1/client/fs/cat/${ID}?path=/nothing`);
    assert.match(`${none.status} ${none.text}`, /^200 stat .*no such file or directory$/);
  });

  const open = async (): Promise<Socket> => {
    const { hostname, port } = new URL(contract.address);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const ask = (socket: Socket, route: string) => socket.write(`GET ${route} HTTP/1.1\r\nHost: nomad\r\n\r\n`);
  const refusal = [
    'HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: 81\r\nConnection: close\r\n\r\n',
    'Your IP is issuing too many concurrent connections, please rate limit your calls\n',
  ].join('');
  /** The leader, or a refusal; nothing from a connection that was refused and closed before it was asked. */
  const answerOn = async (socket: Socket): Promise<string> => {
    if (socket.destroyed) return '';
    const answered = Promise.race([once(socket, 'data'), once(socket, 'close')]);
    ask(socket, '/v1/status/leader');
    return String(((await answered.catch(() => [''])) as [unknown])[0]);
  };
  const answersAgain = () =>
    eventually('a free slot', async () => {
      const socket = await open();
      const answer = await answerOn(socket);
      socket.destroy();
      return answer.startsWith('HTTP/1.1 200');
    });

  /** All that there are; those that earlier calls keep alive end by themselves. */
  const takeAll = () =>
    eventually('100 connections', async () => {
      const sockets = await Promise.all(Array.from({ length: 100 }, open));
      const answers = await Promise.all(sockets.map((socket) => answerOn(socket)));
      if (answers.every((answer) => answer.startsWith('HTTP/1.1 200'))) return sockets;
      sockets.forEach((socket) => socket.destroy());
      return undefined;
    });

  it('refuses the connections of one address beyond 100', async () => {
    const sockets = await takeAll();
    assert.equal(await text(await open()), refusal);
    sockets.forEach((socket) => socket.destroy());
    await answersAgain();
  });

  it('keeps the slot of an aborted waiting read until its wait is over', async () => {
    const sockets = await takeAll();
    const started = Date.now();
    sockets.forEach((socket) => ask(socket, `/v1/job/${parent}?index=999999999&wait=4s`));
    // Nothing tells from outside that a read has begun to wait.
    await sleep(1000);
    sockets.forEach((socket) => socket.destroy());
    assert.equal(await text(await open()), refusal);
    await answersAgain();
    assert.ok(Date.now() - started >= 4000, 'only then');
  });
});
