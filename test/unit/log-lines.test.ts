import assert from 'node:assert/strict';
import { lastLines } from '../../src/control/instances/log-lines.js';
import { LOG_BYTES } from '../../src/platform/nomad/instance-look.js';

const lines = (text: string) => lastLines(text).lines;

describe('the last lines of an instance’s log', () => {
  it('are lines, whatever ends them', () => {
    assert.deepEqual(lines(''), []);
    assert.deepEqual(lines('one\ntwo\n'), ['one', 'two']);
    assert.deepEqual(lines('one\r\ntwo\rthree\u2028four'), ['one', 'two', 'three', 'four']);
    assert.deepEqual(lines('one\n\n\ttwo'), ['one', '', '\ttwo']);
  });

  it('have nothing that a terminal would obey', () => {
    assert.deepEqual(
      lines('\x1b[31mred\x1b[0m \x1b[2J\x1b]0;title\x07after \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\'),
      ['red after link'],
    );
    assert.deepEqual(lines('\x1b bare, \x9b bare, bell \x07, back\x08space'), [
      '⟨U+001B⟩ bare, ⟨U+009B⟩ bare, bell ⟨U+0007⟩, back⟨U+0008⟩space',
    ]);
  });

  it('show what turns the text around or cannot be seen', () => {
    assert.deepEqual(lines('user\u202Enimda\u2066 zero\u200Bwidth \uFEFF \uD800 \u{E0041} \0'), [
      'user⟨U+202E⟩nimda⟨U+2066⟩ zero⟨U+200B⟩width ⟨U+FEFF⟩ ⟨U+D800⟩ ⟨U+E0041⟩ ⟨U+0000⟩',
    ]);
    assert.deepEqual(lines('äöü 漢字 🎉'), ['äöü 漢字 🎉']);
  });

  it('are as many and as long as a page takes', () => {
    const many = Array.from({ length: 1000 }, (_, n) => `line ${n}`).join('\n');
    assert.deepEqual([lines(many).length, lines(many).at(-1), lastLines(many).isCut], [200, 'line 999', true]);
    assert.equal(lines('x'.repeat(LOG_BYTES - 1))[0]!.length, 402);
    assert.deepEqual(lastLines('one\ntwo').isCut, false);
    // Nomad was asked for so many bytes: the first line of them is a part of one.
    const end = `${'x'.repeat(LOG_BYTES)}\nwhole`;
    assert.deepEqual(lastLines(end), { lines: ['whole'], isCut: true });
    assert.equal(lines('y'.repeat(LOG_BYTES)).length, 1);
  });

  it('stay small, whatever they are made of', () => {
    for (const hostile of ['\x1b[', '\x1b]', '\x1b[0;', '\x9b', '\x1b]8;;a', '\u202E', '\r']) {
      const shown = lastLines(hostile.repeat(LOG_BYTES / 2)).lines;
      assert.ok(shown.length <= 200 && shown.every((line) => line.length < 402 * 10), JSON.stringify(hostile));
    }
  });
});
