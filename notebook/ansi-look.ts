/** How text looks after escape sequences for colours (free of the DOM). */

export interface Look {
  readonly classes: readonly string[];
  /** CSS colours of the 256 and the 16 million. */
  readonly color: string | null;
  readonly background: string | null;
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const STYLES: Readonly<Record<number, string>> = { 1: 'bold', 2: 'faint', 3: 'italic', 4: 'underline', 9: 'struck' };
const STYLE_ENDS: Readonly<Record<number, readonly string[]>> = {
  22: ['bold', 'faint'],
  23: ['italic'],
  24: ['underline'],
  29: ['struck'],
};

type Colour = { name: string } | { css: string } | null;

export function lookOf(sgr: string): Look {
  const styles = new Set<string>();
  let [front, back, reverse]: [Colour, Colour, boolean] = [null, null, false];
  const codes = sgr === '' ? [] : sgr.split(';').map(Number);
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index]!;
    if (STYLES[code]) styles.add(STYLES[code]);
    for (const ended of STYLE_ENDS[code] ?? []) styles.delete(ended);
    if (code === 7 || code === 27) reverse = code === 7;
    if (code === 38 || code === 48) {
      const length = codes[index + 1] === 2 ? 4 : 2;
      const colour = longColour(codes.slice(index + 1, index + 1 + length));
      if (code === 38) front = colour;
      else back = colour;
      index += length;
    } else if (isFront(code)) front = namedColour(code, 30);
    else if (isFront(code - 10)) back = namedColour(code, 40);
  }
  if (reverse) [front, back] = [back ?? { name: 'inverse' }, front ?? { name: 'inverse' }];
  return {
    classes: [...styles, ...nameOf(front, 'fg'), ...nameOf(back, 'bg')].map((name) => `ansi-${name}`),
    color: front && 'css' in front ? front.css : null,
    background: back && 'css' in back ? back.css : null,
  };
}

function isFront(code: number): boolean {
  return (code >= 30 && code <= 39) || (code >= 90 && code <= 97);
}

function namedColour(code: number, base: number): Colour {
  if (code === base + 9) return null;
  return { name: code >= base + 60 ? `bright-${NAMES[code - base - 60]}` : NAMES[code - base]! };
}

function nameOf(colour: Colour, ground: string): string[] {
  return colour && 'name' in colour ? [`${colour.name}-${ground}`] : [];
}

/** `2;red;green;blue` or `5;index` */
function longColour([kind, ...values]: readonly number[]): Colour {
  const level = (value: number | undefined): number => Math.min(255, Math.max(0, Math.trunc(value ?? 0) || 0));
  if (kind === 2) return { css: `rgb(${values.map(level).join(' ')})` };
  const index = level(values[0]);
  if (index < 16) return { name: index < 8 ? NAMES[index]! : `bright-${NAMES[index - 8]!}` };
  if (index >= 232) return { css: `rgb(${[0, 0, 0].map(() => 8 + (index - 232) * 10).join(' ')})` };
  const steps = [36, 6, 1].map((unit) => Math.floor((index - 16) / unit) % 6);
  return { css: `rgb(${steps.map((step) => (step === 0 ? 0 : 55 + step * 40)).join(' ')})` };
}
