import assert from 'node:assert/strict';
import { waitingWords } from '../../src/landing/waiting-words.js';
import { expectedWait, type Supply } from '../../src/participants/expected-wait.js';

const nothing: Supply = { ready: 0, booting: [], boots: [], freed: [] };
/** Four of five take up to 8 s. */
const boots = [4, 12, 8, 6, 5];
/** Three in the last minute: one each half minute after the first. */
const freed = [60, 30, 2];

describe('the expected wait', () => {
  const cases: readonly [what: string, before: number, supply: Partial<Supply>, seconds: number | null][] = [
    ['is none for who has a ready instance', 1, { ready: 2 }, 0],
    ['is unknown where nothing was measured', 0, {}, null],
    ['is unknown where an instance boots for the first time', 0, { booting: [3] }, null],
    ['is what is left of a boot, as long as four of five take', 0, { booting: [3], boots }, 5],
    ['falls as the boot goes on', 0, { booting: [6], boots }, 2],
    ['is a second for a boot that is late', 0, { booting: [10], boots }, 1],
    ['does not count on a boot that is twice as late', 0, { booting: [17], boots }, null],
    ['gives the oldest boot to the first', 0, { booting: [1, 7], boots }, 1],
    ['gives the next boot to the second', 1, { booting: [1, 7], boots }, 7],
    ['counts those whom a ready instance serves', 1, { ready: 1, booting: [3], boots }, 5],
    ['is unknown where too few came free for a rate', 1, { booting: [3], boots, freed: [10, 5] }, null],
    ['behind all boots is until one comes free and boots anew', 1, { booting: [3], boots, freed }, 8 + 30],
    ['grows with each one before', 3, { booting: [3], boots, freed }, 8 + 90],
    ['grows when nothing comes free any more', 0, { boots, freed: [240, 210, 182] }, 8 + 120],
    ['is never less than that of the boots before', 1, { booting: [0], boots: [100], freed: [1, 1, 1] }, 100.5],
  ];
  for (const [what, before, supply, seconds] of cases) {
    it(what, () => assert.equal(expectedWait(before, { ...nothing, ...supply }), seconds));
  }

  it('never lets somebody further behind be served earlier', () => {
    const supply = { ready: 2, booting: [1, 9, 3, 0, 30], boots, freed };
    const waits = Array.from({ length: 20 }, (_, before) => expectedWait(before, supply)!);
    assert.deepEqual(
      waits,
      [...waits].sort((a, b) => a - b),
    );
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
