interface Unplaced {
  readonly NodesEvaluated: number;
  readonly DimensionExhausted?: Readonly<Record<string, number>> | null | undefined;
  readonly ConstraintFiltered?: Readonly<Record<string, number>> | null | undefined;
}

/** Why nodes do not take a group, such as "memory is used up on 2 of 3 nodes"; how an excluding rule is told, the caller may choose. */
export function placementReasons(
  { NodesEvaluated, DimensionExhausted, ConstraintFiltered }: Unplaced,
  excludes = (rule: string, nodes: string) => `"${rule}" excludes ${nodes}`,
): string[] {
  const nodes = (count: number) => `${count} of ${NodesEvaluated} ${NodesEvaluated === 1 ? 'node' : 'nodes'}`;
  return [
    ...Object.entries(DimensionExhausted ?? {}).map(([what, count]) => `${what} is used up on ${nodes(count)}`),
    ...Object.entries(ConstraintFiltered ?? {}).map(([rule, count]) => excludes(rule, nodes(count))),
  ];
}
