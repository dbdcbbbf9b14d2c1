import assert from 'node:assert/strict';
import { waitingWords } from '../../src/landing/waiting-words.js';
import { expectedWaits, type Supply } from '../../src/participants/expected-wait.js';

const nothing: Supply = { ready: 0, booting: [], leased: [], boots: [], sessions: [] };
/** Four of five take up to 8 s, the middle one 6 s. */
const boots = [4, 12, 8, 6, 5];
/** Four of five take up to 300 s, the middle one 250 s. */
const sessions = [240, 300, 600, 200, 250];

describe('the expected wait', () => {
  const cases: readonly [what: string, before: number, supply: Partial<Supply>, seconds: number | null][] = [
    ['is none for who has a ready instance', 1, { ready: 2 }, 0],
    ['is unknown where nothing was measured', 0, {}, null],
    ['is unknown where an instance boots for the first time', 0, { booting: [3] }, null],
    ['is what is left of a boot, as long as four of five take', 0, { booting: [3], boots }, 5],
    ['falls as the boot goes on', 0, { booting: [3.9], boots }, 4.1],
    ['of a late boot is that of the boots that were as late', 0, { booting: [10], boots }, 2],
    ['does not count on a boot that is later than any', 0, { booting: [17], boots }, null],
    ['gives the oldest boot to the first', 0, { booting: [1, 3], boots }, 5],
    ['gives the next boot to the second', 1, { booting: [1, 3], boots }, 7],
    ['counts those whom a ready instance serves', 1, { ready: 1, booting: [3], boots }, 5],
    ['is unknown where all are in use for the first time', 0, { leased: [60], boots }, null],
    ['is unknown where too few were done', 0, { leased: [60], boots, sessions: [200, 300] }, null],
    ['is what is left of a session, and a boot', 0, { leased: [60], boots, sessions }, 240 + 8],
    ['gives the first what comes first', 1, { booting: [3], leased: [60, 150], boots, sessions }, 150 + 8],
    ['is a session and a boot more in the next round', 1, { leased: [60], boots, sessions }, 240 + 8 + 250 + 6],
    ['is two of them more in the one after', 2, { leased: [60], boots, sessions }, 240 + 8 + 2 * (250 + 6)],
    ['does not count on who works longer than any', 1, { leased: [60, 700], boots, sessions }, 240 + 8 + 250 + 6],
  ];
  for (const [what, before, supply, seconds] of cases) {
    it(what, () => assert.equal(expectedWaits(before + 1, { ...nothing, ...supply })[before], seconds));
  }

  it('never lets somebody further behind be served earlier, and knows a time for all', () => {
    const supply = { ready: 2, booting: [1, 9, 3, 0, 30], leased: [10, 250, 100], boots, sessions };
    const waits = expectedWaits(50, supply);
    assert.equal(waits.length, 50);
    assert.ok(waits.every((seconds, before) => seconds !== null && seconds >= (waits[before - 1] ?? 0)));
  });
});

describe('the words of the waiting page', () => {
  const cases: readonly [before: number, expected: number | null, en: string, de: string][] = [
    [
      0,
      0,
      'You are next. It will only take a moment.',
      'Sie sind als Nächstes an der Reihe. Es dauert nur noch einen Moment.',
    ],
    [
      1,
      11,
      '1 person is before you. It will take about 20 seconds.',
      '1 Person ist vor Ihnen. Es dauert etwa 20 Sekunden.',
    ],
    [
      3,
      59,
      '3 people are before you. It will take about a minute.',
      '3 Personen sind vor Ihnen. Es dauert etwa eine Minute.',
    ],
    [
      3,
      61,
      '3 people are before you. It will take about 2 minutes.',
      '3 Personen sind vor Ihnen. Es dauert etwa 2 Minuten.',
    ],
    [
      3,
      3_601,
      '3 people are before you. It will probably take more than an hour.',
      '3 Personen sind vor Ihnen. Es dauert wahrscheinlich länger als eine Stunde.',
    ],
    [
      3,
      null,
      '3 people are before you. How long it will take cannot be said yet.',
      '3 Personen sind vor Ihnen. Wie lange es dauert, lässt sich noch nicht sagen.',
    ],
  ];
  for (const [before, expected, en, de] of cases) {
    it(en, () => {
      const said = (language: string) => {
        const { position, wait } = waitingWords({ state: 'waiting', before, expected, language });
        return `${position} ${wait}`;
      };
      assert.deepEqual([said('en'), said('de')], [en, de]);
    });
  }
});
