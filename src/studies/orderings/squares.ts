/** Orders of n things as rows of numbers, each row with each of 0…n-1 once. */
import { permuted, randomFrom } from '../../platform/random.js';

export type Row = readonly number[];

/** A full permutation of more would have more rows than a study may have conditions. */
export const MAX_FULL = 6;
/** The original had no square for more. */
export const MAX_ORIGINAL = 5;

/** Each at each position once. Who follows whom is always the same. */
export function cyclicRows(n: number): Row[] {
  return upTo(n).map((row) => upTo(n).map((position) => (row + position) % n));
}

const printed = [
  ['0'],
  ['01', '10'],
  ['012', '120', '201'],
  ['0123', '1032', '2301', '3210'],
  ['01234', '12403', '24310', '30142', '43021'],
];

/** As the original printed them, so that its files can be made again. */
export function originalRows(n: number): Row[] {
  const square = printed[n - 1];
  if (!square) throw new RangeError(`the original has no square of ${n}`);
  return square.map((row) => [...row].map(Number));
}

/** Williams: each at each position, and after each other, equally often. Odd numbers need a second square, the first one mirrored. */
export function balancedRows(n: number): Row[] {
  const first = upTo(n).map((position) => (position % 2 === 1 ? (position + 1) / 2 : (n - position / 2) % n));
  const square = upTo(n).map((row) => first.map((item) => (item + row) % n));
  return n % 2 === 0 || n === 1 ? square : [...square, ...square.map((row) => row.toReversed())];
}

/** All of them, in the order of their numbers. */
export function fullRows(n: number): Row[] {
  return upTo(n).reduce<Row[]>(
    (rows) => rows.flatMap((row) => upTo(n).filter((item) => !row.includes(item)).map((item) => [...row, item])),
    [[]],
  );
}

export function factorial(n: number): number {
  return upTo(n).reduce((product, factor) => product * (factor + 1), 1);
}

/** `count` different rows; the same ones for the same seed. */
export function randomRows(n: number, count: number, seed: string): Row[] {
  const random = randomFrom(`${n} ${seed}`);
  if (n <= MAX_FULL) return permuted(fullRows(n), random).slice(0, count);
  const rows = new Map<string, Row>();
  while (rows.size < count) {
    const row = permuted(upTo(n), random);
    rows.set(row.join(), row);
  }
  return [...rows.values()];
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index);
