import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSettings, readSome, SettingsError } from '../../src/platform/settings.js';

const enough = {
  DATABASE_URL: 'postgres://observatory:hunter2@db:5432/observatory',
  REDIS_URL: 'redis://:hunter3@redis:6379/0',
  OBSERVATORY_SECRET: 'a secret of thirty-two characters, or more',
  OBSERVATORY_PUBLIC_URL: 'https://study.example',
};

describe('settings', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'observatory-settings-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, content: string): string => {
    const whole = path.join(folder, name);
    writeFileSync(whole, content);
    return whole;
  };

  it('tells every missing setting at once, with what is expected', () => {
    assert.deepEqual(problemsOf({}), [
      'DATABASE_URL: not set; expected an address such as postgres://host:port',
      'REDIS_URL: not set; expected an address such as redis://host:port',
      'OBSERVATORY_SECRET: not set; expected at least 32 characters',
      'OBSERVATORY_PUBLIC_URL: not set; expected an address such as http://host:port',
    ]);
  });

  it('are asked of a command only as far as it needs them', () => {
    const { DATABASE_URL } = enough;
    const names = ['DATABASE_URL', 'OBSERVATORY_PASS_SECONDS'] as const;
    assert.deepEqual(readSome({ DATABASE_URL }, names), { DATABASE_URL, OBSERVATORY_PASS_SECONDS: 5 });
    assert.throws(() => readSome({ ...enough, DATABASE_URL: 'mysql://x' }, names), SettingsError);
  });

  it('tells what was read, but of a secret only its length', () => {
    const wrong = {
      ...enough,
      DATABASE_URL: 'mysql://observatory:hunter2@db',
      OBSERVATORY_SECRET: 'hunter4',
      OBSERVATORY_LISTEN: '6200',
      OBSERVATORY_POOL_MIN: 'many',
      OBSERVATORY_MAX_INSTANCES: '0',
    };
    assert.deepEqual(problemsOf(wrong), [
      'DATABASE_URL: read 30 characters; expected an address such as postgres://host:port',
      'OBSERVATORY_SECRET: read 7 characters; expected at least 32 characters',
      'OBSERVATORY_LISTEN: read "6200"; expected host:port, such as 127.0.0.1:6200',
      'OBSERVATORY_POOL_MIN: read "many"; expected a whole number',
      'OBSERVATORY_MAX_INSTANCES: read "0"; expected a whole number of at least 1',
    ]);
  });

  it('takes an empty variable as not set', () => {
    assert.equal(readSettings({ ...enough, OBSERVATORY_POOL_MIN: '', NOMAD_TOKEN: '' }).OBSERVATORY_POOL_MIN, 2);
  });

  it('takes a secret from the file that is named, without the newline at its end', () => {
    const named = { ...enough, OBSERVATORY_SECRET_FILE: file('secret', `${'s'.repeat(40)}\n`) };
    assert.equal(readSettings(named).OBSERVATORY_SECRET, 's'.repeat(40));
  });

  it('never prints what stood in a file', () => {
    const problems = problemsOf({ ...enough, OBSERVATORY_SECRET_FILE: file('short', 'hunter5\n') });
    assert.deepEqual(problems, ['OBSERVATORY_SECRET: read 7 characters; expected at least 32 characters']);
  });

  it('tells a file that cannot be read beside the other problems, even when the variable itself is set', () => {
    const missing = path.join(folder, 'missing');
    const [first, ...others] = problemsOf({ ...enough, NOMAD_TOKEN_FILE: missing, REDIS_URL: 'nowhere' });
    assert.match(first ?? '', /^NOMAD_TOKEN_FILE: read ".+missing", expected a readable file \(ENOENT: .+\)$/);
    assert.deepEqual(others, ['REDIS_URL: read 7 characters; expected an address such as redis://host:port']);
    assert.throws(() => readSettings({ ...enough, OBSERVATORY_SECRET_FILE: missing }), SettingsError);
  });

  it('takes files only for secrets', () => {
    const settings = readSettings({ ...enough, NOMAD_NAMESPACE_FILE: file('namespace', 'other') });
    assert.equal(settings.NOMAD_NAMESPACE, 'default');
  });

  it('reads Consul addresses with and without a scheme, and proxies as a list', () => {
    const given = { ...enough, CONSUL_HTTP_ADDR: 'consul:8500', OBSERVATORY_TRUSTED_PROXIES: '10.0.0.1, 10.0.0.2' };
    const settings = readSettings(given);
    assert.equal(settings.CONSUL_HTTP_ADDR, 'http://consul:8500');
    assert.deepEqual(settings.OBSERVATORY_TRUSTED_PROXIES, ['10.0.0.1', '10.0.0.2']);
  });

  it('stands in docs/settings.md, each with its default and whether a file will do', () => {
    assert.deepEqual(documented(), actual());
  });
});

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    for (const problem of error.problems) {
      assert.ok(error.message.includes(problem));
      assert.doesNotMatch(problem, /hunter/);
    }
    return error.problems;
  }
  return assert.fail('the settings were accepted');
}

interface Setting {
  readonly default: string;
  readonly file: boolean;
}

/** Which names are asked for, and what becomes of each when only the required ones are given. */
function actual(): Record<string, Setting> {
  const asked: string[] = [];
  const environment = new Proxy<Record<string, string>>(enough, {
    get: (given, name: string) => {
      asked.push(name);
      return given[name];
    },
  });
  const settings: Readonly<Record<string, unknown>> = readSettings(environment);
  // A secret's file is asked for just before the secret; OBSERVATORY_INSTANCE_JOB_FILE is a setting of its own.
  const isFileOfSecret = (at: number): boolean => asked[at] === `${asked[at + 1]}_FILE`;
  const found: Record<string, Setting> = {};
  for (const [at, name] of asked.entries()) {
    if (isFileOfSecret(at)) continue;
    found[name] = { default: name in enough ? 'required' : text(settings[name]), file: isFileOfSecret(at - 1) };
  }
  return found;
}

function text(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll(/[[\]"]/g, '');
}

function documented(): Record<string, Setting> {
  const page = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (.+?) +\| (yes|) *\| \S/gm)];
  return Object.fromEntries(
    rows.map(([, name = '', fallback = '', file]) => [
      name,
      { default: fallback.replaceAll('`', ''), file: file === 'yes' },
    ]),
  );
}
