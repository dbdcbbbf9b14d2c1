import type { Document } from '../../src/studies/document.js';
import { toNotebook } from '../../src/studies/nbformat.js';
import { rebuild } from '../../src/studies/rebuild.js';
import { storableJson } from '../../src/submit/event.js';
import { EditedCell, type EditScript } from '../unit/notebook-editing.js';

/** What a script of editing leaves in the record, and the notebook as it is at each run and at the end. */
export function played(notebook: Document, names: { a: string; b: string }, script: EditScript) {
  const events: { type: string; cell: string | null; data: Record<string, unknown> }[] = [];
  const document = rebuild(notebook, []);
  const open = (name: 'a' | 'b') => {
    const id = names[name];
    const { source } = document.tasks.flatMap(({ cells }) => cells).find((cell) => cell.id === id)!;
    return new EditedCell(source, (_text, changes, by) => {
      events.push({
        type: 'edit',
        cell: id,
        data: { steps: [{ clock: 0, changes: changes.toJSON() as unknown, by }] },
      });
    });
  };
  const cells = { a: open('a'), b: open('b') };
  const at: number[] = [];
  for (const { cell, action } of script) {
    cells[cell].do(action);
    if (action.kind !== 'run') continue;
    events.push({ type: 'run', cell: names[cell], data: { source: cells[cell].state.doc.toString() } });
    at.push(events.length);
  }
  events.push({ type: 'finish', cell: null, data: {} });
  at.push(events.length);
  // As Postgres keeps them: a lone surrogate is another character of the same length.
  const stored = JSON.parse(storableJson(events)) as typeof events;
  const expected = at.map(
    (end) => JSON.parse(storableJson(toNotebook(rebuild(notebook, stored.slice(0, end))))) as unknown,
  );
  return { events, expected };
}
