import assert from 'node:assert/strict';
import { type LiveValues, toLiveSettings } from '../../src/platform/live-settings/keys.js';
import { readEntries } from '../../src/platform/live-settings/reading.js';

const pools = [
  { name: 'default', min: 2, max: 10 },
  { name: 'large', min: 0, max: 4 },
];
const none: LiveValues = new Map();
const read = (entries: Record<string, string>, lastGood = none) =>
  readEntries(new Map(Object.entries(entries)), lastGood, pools);

describe('live settings', () => {
  it('are read key by key, with the space and line ends that people leave', () => {
    const { values, refused, unknown } = read({
      'pool/default/min': '3\n',
      'pool/default/max': ' 12',
      'pool/large/max-instances': '40',
      'study/crypto-api/state': 'paused',
      drain: 'true',
    });
    assert.deepEqual(toLiveSettings(values), {
      pools: { default: { min: 3, max: 12 }, large: { maxInstances: 40 } },
      studies: { 'crypto-api': 'paused' },
      drain: true,
    });
    assert.deepEqual([refused, unknown], [[], []]);
  });

  const bad: readonly (readonly [key: string, text: string, expected: RegExp])[] = [
    ['pool/default/min', 'three', /^a whole number of at least 0$/],
    ['pool/default/min', '-1', /^a whole number of at least 0$/],
    ['pool/default/max', '2.5', /^a whole number of at least 0$/],
    ['pool/default/max', '', /^a whole number of at least 0$/],
    ['pool/default/max-instances', '0', /^a whole number of at least 1$/],
    ['pool/unheard/min', '1', /^a profile that there is: default, large$/],
    ['study/crypto-api/state', 'closed', /^"open" or "paused"$/],
    ['drain', 'yes', /^"true" or "false"$/],
  ];
  for (const [key, text, expected] of bad) {
    it(`refuse ${JSON.stringify(text)} in ${key} and let the others in`, () => {
      const { values, refused } = read({ [key]: text, 'pool/large/min': '1' });
      assert.deepEqual([...values], [['pool/large/min', 1]]);
      assert.deepEqual(
        refused.map((each) => [each.key, each.read]),
        [[key, JSON.stringify(text)]],
      );
      assert.match(refused[0]!.expected, expected);
    });
  }

  it('keep the last good value of a key that has become bad', () => {
    const lastGood: LiveValues = new Map([['pool/default/min', 5]]);
    assert.equal(read({ 'pool/default/min': 'x' }, lastGood).values.get('pool/default/min'), 5);
  });

  it('give the setting back when the key is gone', () => {
    const lastGood: LiveValues = new Map([['pool/default/min', 5]]);
    assert.deepEqual([...read({}, lastGood).values], []);
  });

  it('name what means nothing here', () => {
    const { unknown } = read({
      'pool/default': '1',
      'pool/default/least': '1',
      'study/a/b/state': 'open',
      drained: 'true',
    });
    assert.deepEqual(unknown, ['pool/default', 'pool/default/least', 'study/a/b/state', 'drained']);
  });

  describe('never let a min exceed its max', () => {
    const bounds = (values: LiveValues) => [values.get('pool/default/min'), values.get('pool/default/max')];

    it('when one of them is a setting', () => {
      const { values, refused } = read({ 'pool/default/min': '11' });
      assert.deepEqual(bounds(values), [undefined, undefined]);
      assert.deepEqual(refused, [{ key: 'pool/default/min', read: '11', expected: "at most the pool's max, 10" }]);
    });

    it('when one of two changes', () => {
      const lastGood: LiveValues = new Map([
        ['pool/default/min', 3],
        ['pool/default/max', 6],
      ]);
      const { values, refused } = read({ 'pool/default/min': '3', 'pool/default/max': '1' }, lastGood);
      assert.deepEqual(bounds(values), [3, 6]);
      assert.deepEqual(refused, [{ key: 'pool/default/max', read: '1', expected: "at least the pool's min, 3" }]);
    });

    it('when both are given at once', () => {
      const { values, refused } = read({ 'pool/default/min': '9', 'pool/default/max': '8' });
      assert.deepEqual(refused.length, 1);
      assert.ok((values.get('pool/default/min') ?? 2) <= (values.get('pool/default/max') ?? 10));
    });

    it('when the max that made room is deleted', () => {
      const lastGood: LiveValues = new Map([
        ['pool/default/min', 20],
        ['pool/default/max', 30],
      ]);
      const { values, refused } = read({ 'pool/default/min': '20' }, lastGood);
      assert.deepEqual(bounds(values), [undefined, undefined]);
      assert.deepEqual(refused, [{ key: 'pool/default/min', read: '20', expected: "at most the pool's max, 10" }]);
    });

    it('and take both once they agree', () => {
      const { values, refused } = read({ 'pool/default/min': '11', 'pool/default/max': '20' });
      assert.deepEqual([bounds(values), refused], [[11, 20], []]);
    });
  });
});
