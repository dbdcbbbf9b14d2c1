/** Whatever a page sends: the server stores no more than the study chose. */
import assert from 'node:assert/strict';
import { ChangeSet, Text } from '@codemirror/state';
import fc from 'fast-check';
import { applyEdit } from '../../src/studies/rebuild.js';
import { recordSchema } from '../../src/studies/record-schema.js';
import { chosenPart } from '../../src/submit/chosen-part.js';
import type { StudyEvent } from '../../src/submit/event.js';

const choice = (without: object) => recordSchema.parse(without);
const event = (type: string, data: StudyEvent['data']) =>
  ({ type, data, seq: 1, at: '', clock: 5, page: 'p', task: 't', cell: 'c', focusSeconds: 1 }) as StudyEvent;
const typed = (text: string, clock: number, letter: string) => ({
  clock,
  by: 'input.type',
  changes: ChangeSet.of({ from: text.length, insert: letter }, text.length).toJSON() as unknown,
});

describe('what the server stores of an event', () => {
  it('is one step without the study’s keystrokes, and the same text', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 40 }),
        (start, letters) => {
          const before = Text.of(start.split(/\r\n?|\n/)).toString();
          let text = Text.of(before.split('\n'));
          const steps = letters.map((letter, clock) => {
            const changes = ChangeSet.of({ from: (clock * 7) % (text.length + 1), insert: letter }, text.length);
            text = changes.apply(text);
            return { clock, by: 'input.type', changes: changes.toJSON() as unknown };
          });
          const { data } = chosenPart(event('edit', { steps }), choice({ keystrokes: false }));
          const stored = data['steps'] as { clock: number }[];
          assert.equal(stored.length, 1);
          assert.equal(stored[0]!.clock, 0);
          assert.equal(applyEdit(before, stored), text.toString());
        },
      ),
    );
  });

  it('is every step with them', () => {
    const sent = event('edit', { steps: [typed('', 1, 'a'), typed('a', 2, 'b')] });
    assert.deepEqual(chosenPart(sent, choice({})), sent);
  });

  it('is nothing of steps that do not follow one another', () => {
    const steps = [typed('', 1, 'a'), typed('somewhere else', 2, 'b')];
    const { data } = chosenPart(event('edit', { steps }), choice({ keystrokes: false }));
    assert.deepEqual(data, { withheld: true, characters: JSON.stringify({ steps }).length });
  });

  it('is no window size without the study’s window', () => {
    const sent = event('open', { width: 1280, height: 800, language: 'en', resumed: false });
    assert.deepEqual(chosenPart(sent, choice({ window: false })).data, { ...sent.data, width: 0, height: 0 });
    assert.deepEqual(chosenPart(sent, choice({})), sent);
  });
});
