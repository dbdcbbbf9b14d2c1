/** Requests that no browser of ours would send, over the routes of the app. */
import fc from 'fast-check';
import type { Route } from '../../src/cli/web.js';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What reads like something of ours, and what breaks careless programs. */
const nasty = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '0',
      '-1',
      '1e999',
      'NaN',
      'null',
      'undefined',
      'true',
      '[]',
      '{}',
      '%',
      '%00',
      '%ff',
      '%2e%2e%2f',
      '..',
      '../../etc/passwd',
    ],
    ...[
      "' or 1=1 --",
      '";drop table participants;',
      '<script>alert(1)</script>',
      '{{7*7}}',
      '${7*7}',
      '__proto__',
      'constructor',
      'toString',
    ],
    ...[
      'crypto-api',
      '0123456789ab',
      'abcdefghijkl',
      '\ud800',
      '\u0000',
      '\u202e',
      'é',
      '💥',
      '2026-11-25',
      'a'.repeat(300),
      '9'.repeat(40),
    ],
  ),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
/** What may stand in a path or header: the rest never leaves a client. */
const inPath = nasty.map((text) =>
  /^[\x21-\x7e]*$/.test(text) && !/[#?\s]/.test(text) ? text : encodeURIComponent(text.toWellFormed()),
);
const inHeader = nasty.map((text) => text.replace(/[^\x20-\x7e\x80-\xff]/g, '~'));

const parameterNames = [
  ...[
    'study',
    'token',
    'token2',
    'pid',
    'origin',
    'PROLIFIC_PID',
    'STUDY_ID',
    'SESSION_ID',
    'workerId',
    'assignmentId',
    'hitId',
    'uid',
    'tok',
    'id',
  ],
  ...[
    'userId',
    'userid',
    'ec2instance',
    'callback',
    '_',
    'f',
    'key',
    'consent',
    'age_yes',
    'g-recaptcha-response',
    'constructor',
    '__proto__',
  ],
];
const pair = fc.tuple(fc.oneof(fc.constantFrom(...parameterNames), nasty), nasty);
const encoded = fc
  .array(pair, { maxLength: 5 })
  .map((pairs) => pairs.map((each) => each.map((text) => encodeURIComponent(text.toWellFormed())).join('=')).join('&'));
const query = fc.oneof(
  { weight: 3, arbitrary: encoded },
  { weight: 1, arbitrary: fc.array(inPath, { maxLength: 3 }).map((parts) => parts.join('&')) },
);

const event = fc.record(
  {
    ...{
      seq: fc.oneof(fc.integer(), fc.constantFrom(1, 2, 1e21, -0, 0.5), nasty),
      type: fc.oneof(fc.constantFrom('open', 'focus', 'edit', 'run', 'lost'), nasty),
    },
    ...{
      at: fc.oneof(fc.constant('2026-11-24T12:00:00Z'), nasty),
      clock: fc.oneof(fc.double(), nasty),
      page: fc.oneof(fc.constant('p1'), nasty),
    },
    ...{
      task: fc.oneof(fc.constant(null), nasty),
      cell: fc.oneof(fc.constant(null), nasty),
      focusSeconds: fc.oneof(fc.constant(0), fc.double()),
    },
    data: fc.oneof(
      fc.constant({}),
      fc.constant({ width: 1, height: 1, language: 'en', resumed: false }),
      fc.object({ maxDepth: 2 }),
    ),
  },
  { requiredKeys: [] },
);
const json = fc.oneof(
  fc.record({ events: fc.array(event, { maxLength: 4 }) }).map((body) => JSON.stringify(body)),
  fc.record({ seq: fc.oneof(fc.integer(), fc.double(), nasty) }).map((body) => JSON.stringify(body)),
  fc
    .record(
      { key: nasty, userid: nasty, token: nasty, code: fc.anything(), time: fc.anything(), status: nasty },
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))),
  fc.json(),
  nasty,
);
const body = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('application/json'), json) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('application/x-www-form-urlencoded'), query) },
  { weight: 1, arbitrary: fc.tuple(inHeader, nasty) },
);
const headers = fc.dictionary(
  fc.constantFrom(
    ...[
      'accept',
      'accept-language',
      'accept-encoding',
      'content-encoding',
      'origin',
      'referer',
      'user-agent',
      'x-forwarded-for',
      'x-forwarded-host',
    ],
    ...[
      'x-forwarded-uri',
      'x-observatory',
      'x-observatory-probe',
      'if-none-match',
      'if-modified-since',
      'range',
      'authorization',
      'cookie',
    ],
  ),
  inHeader,
  { maxKeys: 4 },
);

/** Somebody whose cookies a request carries. */
export type Who = 'nobody' | 'arrived' | 'waiting' | 'working' | 'finished' | 'forged';

export function malformedRequest(
  routes: readonly Route[],
  instance: string,
  cookies: Readonly<Record<Who, string>>,
): fc.Arbitrary<{ readonly route: string; readonly sent: Sent }> {
  return fc.constantFrom(...routes).chain((route) => {
    const segment = fc.oneof({ weight: 2, arbitrary: fc.constant(instance) }, { weight: 1, arbitrary: inPath });
    const names = route.path.match(/[:*]\w+/g) ?? [];
    return fc.record({
      route: fc.constant(`${route.methods[0]} ${route.path}`),
      sent: fc
        .record({
          method: fc.oneof(
            { weight: 6, arbitrary: fc.constantFrom(...route.methods) },
            { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD') },
          ),
          segments: fc.tuple(...names.map(() => segment)),
          query,
          headers,
          body,
          who: fc.constantFrom(...(Object.keys(cookies) as Who[])),
          json: fc.boolean(),
        })
        .map(({ method, segments, query, headers, body, who, json }): Sent => {
          let path = route.path;
          names.forEach((name, index) => (path = path.replace(name, () => segments[index]!)));
          const own = cookies[who];
          return {
            method,
            path: `${path}${query === '' ? '' : `?${query}`}`,
            headers: {
              ...headers,
              ...(own !== '' && { cookie: headers['cookie'] === undefined ? own : `${own}; ${headers['cookie']}` }),
              ...(json && { 'x-observatory': '1' }),
              ...(body && body[0] !== '' && { 'content-type': body[0] }),
            },
            body: body?.[1],
          };
        }),
    });
  });
}
