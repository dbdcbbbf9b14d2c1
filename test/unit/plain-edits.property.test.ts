/** The quick look at edits against the schema, which it must never contradict. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sentSchema, storableJson } from '../../src/submit/event.js';
import { eventsText, isPlainEdits } from '../../src/submit/plain-edits.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const length = fc.nat();
const changes = fc.array(fc.oneof(length, fc.tuple(length, fc.string({ unit: 'binary' }))), { maxLength: 3 });
const step = fc.record({ clock: amount, changes, by: fc.string({ maxLength: 64 }) });
const place = fc.option(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,63}$/));
const time = fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });

const edit = fc.record({
  type: fc.constant('edit'),
  at: time.map((date) => date.toISOString()),
  clock: amount,
  page: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  task: place,
  cell: place,
  focusSeconds: amount,
  data: fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 3 }) }),
});

/** What a page sends, as the server reads it. */
const edits = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 40 }), fc.array(edit, { maxLength: 4 }))
  .map(([first, events]) => ({ events: events.map((event, index) => ({ ...event, seq: first + index })) }))
  .map((sent) => JSON.parse(JSON.stringify(sent)) as Json);

/** What is wrong in one field or another, and what is unusual but right. */
const odd: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(
    -1,
    -0,
    0,
    0.5,
    2 ** 53,
    Infinity,
    NaN,
    null,
    true,
    '',
    'x',
    [],
    {},
    [[]],
    [1, 'x'],
    [['x', 1]],
  ),
  fc.constantFrom(
    '2026-02-30T00:00:00Z',
    '2026-02-28T00:00:00+01:00',
    '2026-02-28',
    'edit',
    'run',
    'a_b',
    'A',
    '-',
    'a\n',
  ),
  fc.string({ minLength: 60, maxLength: 70, unit: fc.constantFrom('a', '0') }),
  fc.jsonValue() as fc.Arbitrary<Json>,
);
const name = fc.constantFrom(
  'seq',
  'at',
  'clock',
  'snapshot',
  'data',
  'withheld',
  'steps',
  'changes',
  'by',
  'toString',
  '__proto__',
  'x',
);

/** Each place in the value, and itself. */
function placesIn(value: Json): Exclude<Json, null | boolean | number | string>[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(placesIn)];
}

/** With one field changed, added or left out somewhere. */
const changed = fc
  .tuple(edits, fc.nat(), fc.nat(), fc.constantFrom('change', 'add', 'omit'), name, odd)
  .map(([sent, where, field, how, added, value]) => {
    const copy = structuredClone(sent);
    const places = placesIn(copy);
    const place = places[where % places.length] as Record<string, Json>;
    const names = Object.keys(place);
    const chosen = how === 'add' || names.length === 0 ? added : names[field % names.length]!;
    // As JSON.parse makes it: a field of its own, whatever its name.
    const own = { value, configurable: true, enumerable: true, writable: true };
    if (Array.isArray(place))
      place.splice(field % (place.length + 1), how === 'add' ? 0 : 1, ...(how === 'omit' ? [] : [value]));
    else if (how === 'omit') Reflect.deleteProperty(place, chosen);
    else Object.defineProperty(place, chosen, own);
    return copy;
  });

describe('the quick look at edits', () => {
  it('lets pass what a page sends', () => {
    fc.assert(fc.property(edits, (sent) => isPlainEdits(sent) && sentSchema.safeParse(sent).success));
  });

  it('lets nothing pass that the schema refuses or changes', () => {
    let passed = 0;
    fc.assert(
      fc.property(changed, (sent) => {
        const read = sentSchema.safeParse(sent);
        if (!isPlainEdits(sent)) return;
        passed += 1;
        assert.ok(read.success, 'the schema refuses it');
        assert.deepEqual(read.data, sent);
      }),
      { numRuns: 3_000 },
    );
    assert.ok(passed > 100, 'the changes were so bad that nothing was compared');
  });

  it('leaves what is no plain edit to the schema', () => {
    const sent = sentSchema.parse({ events: [fc.sample(edit, 1)[0]].map((event) => ({ ...event, seq: 1 })) });
    const [event] = sent.events;
    for (const other of [
      { ...sent, snapshot: {} },
      { events: [{ ...event, seq: 2 }, event] },
      { events: [{ ...event, type: 'run', data: { source: '' } }] },
      { events: [{ ...event, data: { withheld: true, characters: 1 } }] },
      { events: [{ ...event, more: 1 }] },
    ]) {
      assert.equal(isPlainEdits(other), false, JSON.stringify(other));
    }
  });

  it('takes the events from the text only as they would be written anew', () => {
    let taken = 0;
    fc.assert(
      fc.property(edits, (sent) => {
        const text = eventsText(JSON.stringify(sent));
        if (text === undefined) return;
        taken += 1;
        assert.equal(text, storableJson((sent as { events: Json }).events));
      }),
    );
    assert.ok(taken > 10, 'it was hardly ever taken from there');
  });

  it('takes no events from a text in which Postgres might read something else', () => {
    const [first, second] = ['[{"seq":1}]', '[{"seq":2}]'];
    for (const text of [
      `{"events":${first},"events":${second}}`,
      `{"events":${first},"\\u0065vents":${second}}`,
      '{"events":[{"by":"\\u0000"}]}',
      '{"events":[{"by":"\\ud800"}]}',
      ` {"events":${first}}`,
      `{"events":${first} }`,
      `{"snapshot":{},"events":${first}}`,
    ]) {
      assert.equal(eventsText(text), undefined, text);
    }
    assert.equal(eventsText(`{"events":${first}}`), first);
  });
});
