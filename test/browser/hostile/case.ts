/**
 * A hostile payload, where it is put in the notebook, and what a careless page would make of it. In payloads `HIT` stands for a
 * script that marks its page with the case's number, `TRAP` for an address of the test's own server that ends in the number.
 */
import type { Cell, Output } from '../../../src/studies/document.js';

export interface HostileCase {
  readonly name: string;
  /** Cells that hold the payload; with `%` in the place of the case's number in their ids. */
  readonly cells: readonly Cell[];
  /** The page of someone who did not think of it. The case is worth something because this page is hit. */
  readonly bare: string;
  /** Code for the real kernel to put the payload out; the cells are then to be run. */
  readonly live?: boolean;
}

/** The code by which a payload shows that it ran: no quotes, no spaces, no angle brackets, so that it fits anywhere. */
export const hit = (number: number): string => `(top.hits=top.hits||[]).push(${number})`;

export function withMarks<Value>(value: Value, number: number, trap: string): Value {
  const text = JSON.stringify(value)
    .replaceAll('HIT', hit(number))
    .replaceAll('TRAP', `${trap}/${number}`)
    .replaceAll('%NUMBER', String(number));
  return JSON.parse(text) as Value;
}

const cell = (outputs: Output[], source = ''): Cell => ({
  ...{ id: 'case-%NUMBER', type: 'code' as const, source, runnable: true },
  ...{ executionCount: null, outputs },
});

export const display = (data: Record<string, unknown>, metadata: Record<string, unknown> = {}): Cell =>
  cell([{ output_type: 'display_data', data, metadata }]);
export const output = (shown: Output): Cell => cell([shown]);
export const source = (code: string): Cell => cell([], code);
export const markdown = (text: string): Cell => ({ id: 'case-%NUMBER', type: 'markdown', source: text });
