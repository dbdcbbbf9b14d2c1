/** Live settings on a real Consul: changed, refused, deleted, with Consul stopped and started again. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { run } from '../../src/local/binaries.js';
import { Cache } from '../../src/local/cache.js';
import { findConsul } from '../../src/local/consul-binary.js';
import { packageRoot } from '../../src/platform/root.js';
import { readSettings } from '../../src/platform/settings.js';
import { ConsulClient } from '../../src/platform/consul.js';
import { noLiveSettings } from '../../src/platform/live-settings.js';
import { LiveSettingsWatch } from '../../src/platform/live-settings/watch.js';
import { poll } from '../poll.js';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly key?: string;
}

const seen = (what: string, look: () => boolean) => poll(what, () => Promise.resolve(look()), 30);

const PREFIX = 'observatory';
const pools = [{ name: 'default', min: 2, max: 10 }];

describe('live settings', function () {
  this.timeout(300_000);
  let runDir: string;
  let services: LocalServices;
  let consul: ConsulClient;
  let live: LiveSettingsWatch;
  let lines: Line[];
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-live-'));
    services = await startServices({ runDir, only: ['consul'] });
    consul = clientOf(services.environment['CONSUL_HTTP_ADDR']!);
  });
  after(async () => {
    consul?.close();
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    ({ live, lines } = watch(consul));
    await live.start();
  });
  afterEach(async () => {
    live.stop();
    await fetch(`${services.environment['CONSUL_HTTP_ADDR']}/v1/kv/${PREFIX}?recurse`, { method: 'DELETE' });
  });

  const set = (key: string, value: string) => consul.setKey(`${PREFIX}/${key}`, value);
  const warnings = () => lines.filter(({ level }) => level === 40);

  it('follow a change, tell it, and give the setting back when the key is deleted', async () => {
    const told: unknown[] = [];
    live.onChange((settings) => told.push(settings.pools));
    assert.deepEqual(live.current(), noLiveSettings);
    await set('pool/default/min', '4');
    await seen('the change', () => live.current().pools['default']?.min === 4);
    await consul.deleteKey(`${PREFIX}/pool/default/min`);
    await seen('the deletion', () => live.current().pools['default'] === undefined);
    assert.deepEqual(told, [{ default: { min: 4 } }, {}]);
  });

  it('are there when a manager starts late', async () => {
    await set('drain', 'true');
    const late = watch(consul).live;
    await late.start();
    late.stop();
    assert.equal(late.current().drain, true);
  });

  it('refuse a bad value with one line and keep the last good one until it is mended', async () => {
    await set('pool/default/max', '6');
    await seen('the good value', () => live.current().pools['default']?.max === 6);
    await set('pool/default/max', 'plenty');
    await seen('the refusal', () => live.refusals().length === 1);
    await set('study/crypto-api/state', 'paused');
    await seen('another key', () => live.current().studies['crypto-api'] === 'paused');
    assert.equal(live.current().pools['default']?.max, 6);
    assert.deepEqual(live.refusals(), [
      `Consul's key observatory/pool/default/max is refused: read "plenty", expected a whole number of at least 0; 6 stays.`,
    ]);
    assert.deepEqual(
      warnings().map(({ msg }) => msg),
      live.refusals(),
    );
    await set('pool/default/max', '7');
    await seen('the mended value', () => live.current().pools['default']?.max === 7);
    assert.deepEqual(live.refusals(), []);
  });

  it('name a key that means nothing once, and never the lock', async () => {
    await set('leader', 'somebody');
    await set('note', 'a');
    await seen('the line', () => warnings().length > 0);
    await set('note', 'b');
    await set('drain', 'true');
    await seen('a later change', () => live.current().drain);
    assert.deepEqual(
      warnings().map(({ key }) => key),
      ['observatory/note'],
    );
    assert.deepEqual(live.refusals(), []);
  });

  it('take the file of defaults as the settings have them', async () => {
    const binary = (await findConsul(new Cache(undefined, () => undefined))).path;
    const address = services.environment['CONSUL_HTTP_ADDR']!;
    await run(binary, ['kv', 'import', `-http-addr=${address}`, `@${path.join(packageRoot, 'consul/settings.json')}`]);
    await seen('the defaults', () => live.current().studies['crypto-api'] === 'open');
    const settings = readSettings({
      ...{ DATABASE_URL: 'postgres://nowhere', REDIS_URL: 'redis://nowhere', OBSERVATORY_PUBLIC_URL: 'http://nowhere' },
      OBSERVATORY_SECRET: 'x'.repeat(32),
    });
    assert.deepEqual(live.current().pools, {
      default: {
        min: settings.OBSERVATORY_POOL_MIN,
        max: settings.OBSERVATORY_POOL_MAX,
        maxInstances: settings.OBSERVATORY_MAX_INSTANCES,
      },
    });
    assert.deepEqual([live.refusals(), warnings()], [[], []]);
  });

  it('stand while Consul is away, and are followed again when it is back and counts anew', async () => {
    await set('pool/default/min', '5');
    await seen('the change', () => live.current().pools['default']?.min === 5);
    await services.services.consul!.stop();
    await seen('the failure', () => live.refusals().length === 1);
    assert.match(live.refusals()[0]!, /^The live settings cannot be read, the last known ones stand: Consul, watch/);
    assert.equal(live.current().pools['default']?.min, 5);
    assert.equal(warnings().length, 1);
    const late = watch(consul).live;
    await late.start();
    assert.deepEqual([live.known, late.known], [true, false]);
    // A development Consul forgets everything: its index starts below the one that was seen.
    await services.services.consul!.restart();
    await seen('the new Consul', () => live.refusals().length === 0);
    await seen('the new Consul, by who started without', () => late.known);
    late.stop();
    await set('pool/default/min', '8');
    await seen('a change after the restart', () => live.current().pools['default']?.min === 8);
  });
});

describe('a Consul that answers at once, again and again', () => {
  it('is asked a few times a second, not more', async () => {
    let questions = 0;
    const server = createServer((_request, response) => {
      questions += 1;
      response.setHeader('x-consul-index', questions % 2 === 0 ? '7' : '9').end('[]');
    });
    const consul = clientOf(await listening(server));
    const { live } = watch(consul);
    await live.start();
    const since = performance.now();
    await seen('several questions', () => questions >= 5);
    const perSecond = (questions - 1) / ((performance.now() - since) / 1000);
    live.stop();
    consul.close();
    server.closeAllConnections();
    server.close();
    assert.ok(perSecond < 6, `${perSecond} questions a second`);
  });
});

function watch(consul: ConsulClient): { live: LiveSettingsWatch; lines: Line[] } {
  const lines: Line[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line) as Line) });
  return { live: new LiveSettingsWatch({ consul, prefix: PREFIX, pools, log }), lines };
}

function clientOf(address: string): ConsulClient {
  return new ConsulClient({ CONSUL_HTTP_ADDR: address });
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
