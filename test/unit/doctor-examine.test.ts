import assert from 'node:assert/strict';
import { type Check, type Finding, notTried, type Result, well, wrong } from '../../src/doctor/check.js';
import { examine } from '../../src/doctor/examine.js';
import { Printer } from '../../src/doctor/print.js';

const check = (name: string, needs: string[], finding: Finding): Check => ({
  name,
  needs,
  run: () => Promise.resolve(finding),
});
const fine = well('tried', 'fine');
const broken = wrong('tried', 'broken', 'mend it');
const never = new AbortController().signal;
const all = (checks: Check[], interrupt = never) => Promise.all(examine(checks, interrupt));
const outcome = ({ name, ok, because }: Result) => [name, ok, because];

describe('the doctor’s examination', () => {
  it('does not try what stands on a failure, and names the failure at the root', async () => {
    const results = await all([
      check('ground', [], broken),
      check('house', ['ground'], fine),
      check('roof', ['house'], fine),
      check('garden', [], fine),
    ]);
    assert.deepEqual(results.map(outcome), [
      ['ground', false, null],
      ['house', null, 'ground'],
      ['roof', null, 'ground'],
      ['garden', true, null],
    ]);
  });

  it('goes on from a check that could not be tried for reasons of its own', async () => {
    const results = await all([check('ground', [], notTried('it is night')), check('house', ['ground'], fine)]);
    assert.deepEqual(results.map(outcome), [
      ['ground', null, null],
      ['house', true, null],
    ]);
  });

  it('cleans up after checks that fail, after those that are not tried, and when it is interrupted', async () => {
    const interrupt = new AbortController();
    let cleaned = 0;
    const started: Check = {
      name: 'started',
      needs: [],
      run: (signal) => {
        interrupt.abort();
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('cut'));
          });
          if (signal.aborted) reject(new Error('cut'));
        });
      },
    };
    const cleanup: Check = {
      name: 'cleanup',
      needs: [],
      cleansUpAfter: ['started', 'later'],
      run: (signal) => {
        assert.equal(signal.aborted, false);
        cleaned += 1;
        return Promise.resolve(fine);
      },
    };
    const results = await all([started, check('later', ['started'], fine), cleanup], interrupt.signal);
    assert.deepEqual(
      results.map(({ name, ok, answer }) => [name, ok, answer]),
      [
        ['started', null, 'interrupted'],
        ['later', null, 'interrupted'],
        ['cleanup', true, 'fine'],
      ],
    );
    assert.equal(cleaned, 1);
  });

  it('takes a check that does not end for a failure', async () => {
    const endless: Check = { name: 'endless', needs: [], seconds: 0.05, run: () => new Promise(() => undefined) };
    const [result] = await all([endless]);
    assert.equal(result?.ok, false);
    assert.equal(result?.answer, 'not over within 0.05 s');
  });

  it('takes an error that nobody foresaw for a failure, in its own words', async () => {
    const [result] = await all([{ name: 'odd', needs: [], run: () => Promise.reject(new Error('no such thing')) }]);
    assert.deepEqual([result?.ok, result?.answer], [false, 'no such thing']);
  });

  it('refuses a check that needs one which is not before it', () => {
    assert.throws(() => examine([check('house', ['ground'], fine)], never), /"house" follows "ground"/);
  });
});

describe('the doctor’s lines', () => {
  it('say what was tried, what came back and what to do; one line for all that one failure hides', async () => {
    const printer = new Printer(false);
    const results = await all([
      check('air', [], fine),
      check('ground', [], broken),
      check('house', ['ground'], fine),
      check('roof', ['house'], fine),
      check('view', [], notTried('set OBSERVATORY_VIEW')),
    ]);
    const lines = [...results.flatMap((result) => printer.add(result)), ...printer.finish(results, false)];
    assert.deepEqual(lines, [
      '✔ air                        tried: fine',
      '✘ ground                     tried: broken',
      '                             → mend it',
      '– 2 checks                   not tried, because ground is wrong: house, roof',
      '– view                       not tried: set OBSERVATORY_VIEW',
      '',
      '1 is wrong, 1 in order, 3 not tried:',
      '  ground: broken',
      '  → mend it',
    ]);
  });

  it('have colours only where they are wanted', async () => {
    const [result] = await all([check('air', [], fine)]);
    const escape = '\u001b[';
    assert.ok(new Printer(true).add(result!).join('').includes(escape));
    assert.ok(!new Printer(false).add(result!).join('').includes(escape));
  });
});
