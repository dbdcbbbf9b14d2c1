/** Text of programs with what terminals make of it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lookOf } from '../../notebook/ansi-look.js';
import { runsOf } from '../../notebook/ansi.js';
import { terminalText, TerminalText } from '../../notebook/terminal-text.js';

const RED = '\x1b[31m';
const END = '\x1b[0m';

describe('terminal text', () => {
  for (const [given, shown] of [
    ['plain\ntext', 'plain\ntext'],
    ['10 %\r50 %\r100 %\n', '100 %\n'],
    ['long line\rshort', 'shortline'],
    ['long line\r\x1b[Kshort', 'short'],
    ['long line\x1b[2K\rshort', 'short'],
    ['windows\r\nline', 'windows\nline'],
    ['abc\b\bX', 'aX'],
    ['\b\bx', 'x'],
    ['🙂🙂\ra', 'a🙂'],
    ['one\ntwo\n\x1b[A\x1b[AONE\n\n', 'ONE\ntwo\n'],
    ['ab\x1b[Dc', 'ac'],
    ['a\x1b[3Cb\r', 'a   b'],
    [`${RED}ab${END}\rX`, `X\x1b[0;31mb\x1b[0m`],
    ['a\x1b]8;;https://elsewhere.example\x07link\x1b]8;;\x07\rb', 'blink'],
    ['\x1b[999999999Cx', `${' '.repeat(10_000)}x`],
  ] as const) {
    it(`shows ${JSON.stringify(given).slice(0, 60)} as ${JSON.stringify(shown).slice(0, 60)}`, () => {
      assert.equal(shape(terminalText(given)), shape(shown));
    });
  }

  it('does not depend on how the text comes in pieces', () => {
    const piece = fc.constantFrom(
      'a',
      'bc',
      '🙂',
      '\n',
      '\r',
      '\r\n',
      '\b',
      RED,
      END,
      '\x1b[A',
      '\x1b[2K',
      '\x1b[38;5;9m',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(200), { maxLength: 10 }), (pieces, cuts) => {
        const text = pieces.join('');
        const terminal = new TerminalText();
        let start = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), text.length]) {
          terminal.write(text.slice(start, cut));
          start = Math.min(cut, text.length);
        }
        assert.equal(shape(terminal.text), shape(terminalText(text)));
      }),
    );
  });

  it('has nothing left to carry out', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '\r', '\n', '\b', '\x1b', '[', ']', '1', 'm', 'K', 'A') }),
        (text) => {
          const once = terminalText(`${text}\n`);
          assert.equal(shape(terminalText(once)), shape(once));
        },
      ),
    );
  });
});

describe('colours of a terminal', () => {
  it('splits a text where its look changes and leaves out what is no text', () => {
    assert.deepEqual(runsOf(`a\x1b[1;31mb\x1b]8;;javascript:alert(1)\x1b\\c\x07${END}d`, ''), [
      { text: 'a', sgr: '' },
      { text: 'b', sgr: '1;31' },
      { text: 'c', sgr: '1;31' },
      { text: 'd', sgr: '' },
    ]);
  });

  for (const [sgr, look] of [
    ['1;31', { classes: ['ansi-bold', 'ansi-red-fg'], color: null, background: null }],
    ['31;39;4;24', { classes: [], color: null, background: null }],
    ['7;31', { classes: ['ansi-inverse-fg', 'ansi-red-bg'], color: null, background: null }],
    ['38;5;208;48;5;9', { classes: ['ansi-bright-red-bg'], color: 'rgb(255 135 0)', background: null }],
    ['38;2;1;2;300', { classes: [], color: 'rgb(1 2 255)', background: null }],
    ['97;100', { classes: ['ansi-bright-white-fg', 'ansi-bright-black-bg'], color: null, background: null }],
    ['38;2', { classes: [], color: 'rgb()', background: null }],
  ] as const) {
    it(`reads ${sgr}`, () => {
      assert.deepEqual(lookOf(sgr), look);
    });
  }
});

/** What is seen: characters and their looks, however it is written. */
function shape(text: string): string {
  return runsOf(text, '')
    .flatMap(({ text: visible, sgr }) =>
      [...visible].map((character) => `${character}${sgr === '' || character === '\n' ? '' : `(${sgr})`}`),
    )
    .join('');
}
