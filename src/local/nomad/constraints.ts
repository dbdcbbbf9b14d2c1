import { datacenter, type Node } from './node.js';
import { lacking, type Constraint, type Job } from './types.js';

/** The first constraint of the job that the node does not meet, as Nomad counts it: `${attr.kernel.name} = windows`. */
export function unmetConstraint(job: Job, node: Node): string | undefined {
  const all = [job, ...job.TaskGroups, ...job.TaskGroups.flatMap(({ Tasks }) => Tasks)];
  const unmet = all.flatMap(({ Constraints }) => Constraints ?? []).find((constraint) => !isMet(constraint, node));
  return unmet && `${unmet.LTarget} ${unmet.Operand} ${unmet.RTarget}`;
}

function isMet({ LTarget, Operand, RTarget }: Constraint, node: Node): boolean {
  const left = resolve(LTarget, node);
  const right = resolve(RTarget, node);
  switch (Operand) {
    case '=':
    case '==':
    case 'is':
      return left !== undefined && left === right;
    case '!=':
    case 'not':
      return left !== right;
    case 'is_set':
      return left !== undefined;
    case 'is_not_set':
      return left === undefined;
    case 'regexp':
      return left !== undefined && right !== undefined && new RegExp(right).test(left);
    case 'set_contains':
      return left !== undefined && (right ?? '').split(',').every((one) => left.split(',').includes(one.trim()));
    case 'version':
    case 'semver':
      return left !== undefined && fits(left, right ?? '');
    case 'distinct_hosts':
      return true;
    default:
      throw lacking(`constraint "${Operand}"`);
  }
}

/** What a target stands for on this node; a text without `${}` stands for itself. */
function resolve(target: string, node: Node): string | undefined {
  const name = /^\$\{(.+)\}$/.exec(target)?.[1];
  if (name === undefined) return target;
  const known: Record<string, string> = {
    'node.unique.id': node.id,
    'node.unique.name': node.name,
    'node.datacenter': datacenter,
    'node.region': 'global',
    'node.class': '',
    'node.pool': 'default',
  };
  return name.startsWith('attr.') ? node.attributes[name.slice('attr.'.length)] : known[name];
}

/** `>= 1.7.0, < 2` of a version. */
function fits(version: string, ranges: string): boolean {
  return ranges.split(',').every((range) => {
    const [, sign = '=', wanted = ''] = /^\s*(>=|<=|!=|=|>|<)?\s*v?([\d.]+)/.exec(range) ?? [];
    const order = compare(version, wanted);
    const signs: Record<string, boolean> = { '>=': order >= 0, '<=': order <= 0, '>': order > 0, '<': order < 0 };
    return signs[sign] ?? (sign === '!=' ? order !== 0 : order === 0);
  });
}

function compare(one: string, other: string): number {
  const [left, right] = [one, other].map((text) => text.split('-')[0]?.split('.').map(Number) ?? []);
  for (const part of [0, 1, 2]) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
