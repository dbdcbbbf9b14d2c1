import { z } from 'zod';

const field = z.object({ Type: z.string(), Name: z.string(), Old: z.string(), New: z.string() });
type Field = z.infer<typeof field>;

interface Node {
  readonly Type: string;
  readonly Name?: string | undefined;
  readonly Fields?: readonly Field[] | null | undefined;
  readonly Objects?: readonly Node[] | null | undefined;
  readonly Tasks?: readonly Node[] | null | undefined;
  readonly TaskGroups?: readonly Node[] | null | undefined;
}

const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    Type: z.string(),
    Name: z.string().optional(),
    Fields: z.array(field).nullish(),
    Objects: z.array(node).nullish(),
    Tasks: z.array(node).nullish(),
    TaskGroups: z.array(node).nullish(),
  }),
);

/** The differences that Nomad's plan shows, such as `instance.server.Resources.MemoryMB: "128" → "256"`; none when the job is the same. */
export function differences(diff: unknown): string[] {
  const root = node.parse(diff);
  if (root.Type === 'None') return [];
  const found = [...walk(root, [])];
  // The stand-in of the one-machine stack tells only that there is one.
  return found.length > 0 ? found : ['it differs'];
}

function* walk({ Fields, Objects, Tasks, TaskGroups }: Node, path: readonly string[]): Generator<string> {
  for (const { Type, Name, Old, New } of Fields ?? []) {
    if (Type !== 'None') yield `${[...path, Name].join('.')}: "${Old}" → "${New}"`;
  }
  for (const inner of [...(TaskGroups ?? []), ...(Tasks ?? []), ...(Objects ?? [])]) {
    if (inner.Type !== 'None') yield* walk(inner, [...path, inner.Name ?? '']);
  }
}
