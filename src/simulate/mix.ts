/** Who the bots are: behaviours by weight, read from YAML. */
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';

/** Where somebody can leave without a word. */
export const LEAVING_STEPS = ['intro', 'consent', 'waiting', 'notebook', 'task', 'finish', 'survey'] as const;
export type LeavingStep = (typeof LEAVING_STEPS)[number];

export const BEHAVIOURS = [
  'steady',
  'reload',
  'two-tabs',
  'offline',
  'slow',
  'double-clicks',
  'dropout',
  'never-returns',
  'hostile',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

const seconds = z.number().min(0).max(3_600);
const mixSchema = z.strictObject({
  /** How many of each there are, in proportion. */
  behaviours: z
    .partialRecord(z.enum(BEHAVIOURS), z.number().min(0).max(1_000_000))
    .refine((weights) => Object.values(weights).some((weight) => weight > 0), 'expected a weight above 0'),
  /** Where dropouts leave, in turn. */
  dropoutAt: z
    .array(z.enum(LEAVING_STEPS))
    .min(1)
    .default([...LEAVING_STEPS]),
  /** Between two actions, from and to. */
  pauseSeconds: z
    .tuple([seconds, seconds])
    .refine(([from, to]) => from <= to, 'expected the shorter first')
    .default([0.2, 1]),
  /** For how long `offline` is away. */
  offlineSeconds: seconds.default(5),
  /** Before each request of `slow`. */
  latencySeconds: seconds.default(0.5),
});
export type Mix = z.infer<typeof mixSchema>;

/** All of whom get to the end. */
export const defaultMix: Mix = mixSchema.parse({
  behaviours: { steady: 5, reload: 1, 'two-tabs': 1, offline: 1, slow: 1, 'double-clicks': 1 },
});

export class MixError extends Error {}

/** @throws MixError that names the field and what was expected */
export function readMix(text: string, file: string): Mix {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new MixError(`${file}: ${error.message}`, { cause: error });
  }
  const read = mixSchema.safeParse(content);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${file}: ${path.join('.') || 'the file'}: ${message}`);
  throw new MixError(problems.join('\n'));
}

/** One behaviour for each participant: as many of each as their weights say, to one, in an order drawn by lot. */
export function castBehaviours({ behaviours }: Mix, participants: number, random: () => number): Behaviour[] {
  const weights = Object.entries(behaviours) as [Behaviour, number][];
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  const shares = weights.map(([behaviour, weight]) => ({ behaviour, share: (weight / sum) * participants }));
  const cast = shares.flatMap(({ behaviour, share }) => Array<Behaviour>(Math.floor(share)).fill(behaviour));
  const byRest = shares.filter(({ share }) => share > Math.floor(share)).sort((a, b) => (b.share % 1) - (a.share % 1));
  cast.push(...byRest.slice(0, participants - cast.length).map(({ behaviour }) => behaviour));
  return shuffled(cast, random);
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const copy = [...values];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other]!, copy[last]!];
  }
  return copy;
}
