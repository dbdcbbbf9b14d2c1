import { createHash } from 'node:crypto';
import { z } from 'zod';
import { globs } from './glob.js';
import { NomadError } from './types.js';

const level = z.enum(['read', 'write']);

/** What a token may, in Nomad's own words: capabilities by namespace, and `node`, `agent`, `operator` as in its policies. */
export const aclToken = z.strictObject({
  secret: z.string().min(1),
  name: z.string(),
  /** May everything. */
  management: z.boolean().default(false),
  namespaces: z.record(z.string(), z.array(z.string())).default({}),
  node: level.optional(),
  agent: level.optional(),
  operator: level.optional(),
});
export type AclToken = z.input<typeof aclToken>;
type Token = z.output<typeof aclToken>;

/** What a call asks for: a capability in its namespace, or one of the rules beside namespaces. */
export type Need =
  'anyone' | 'known' | 'node:read' | 'agent:read' | 'operator:read' | 'management' | Capability | Capability[];
type Capability =
  'list-jobs' | 'read-job' | 'submit-job' | 'dispatch-job' | 'parse-job' | 'read-logs' | 'read-fs' | 'read-job-scaling';

export const denied = (status = 403, text = 'Permission denied') => new NomadError(status, text);

/** Nomad's access control, as far as tokens with fixed rights go. Without tokens everyone may everything. */
export class Acl {
  private readonly tokens: Map<string, Token> | undefined;

  constructor(tokens: AclToken[] | undefined) {
    this.tokens = tokens && new Map(tokens.map((token) => [token.secret, aclToken.parse(token)]));
  }

  get enabled(): boolean {
    return this.tokens !== undefined;
  }

  /** Calls that are answered by the agent that was asked tell a token that nobody knows from one that may not. */
  check(secret: string | undefined, need: Need, namespace: string, byAgent = false): void {
    if (!this.tokens || need === 'anyone') return;
    const token = this.tokens.get(secret ?? '');
    if (!token && byAgent && secret !== undefined) throw denied(403, 'ACL token not found');
    if (!token || !this.may(token, need, namespace)) throw denied();
  }

  /** Streams answer 500 to who may not; what a token that nobody knows is told depends on the stream. */
  checkStream(secret: string | undefined, need: Need, namespace: string, unknown: NomadError): void {
    if (!this.tokens) return;
    const token = this.tokens.get(secret ?? '');
    if (!token && secret !== undefined) throw unknown;
    if (!token || !this.may(token, need, namespace)) throw denied(500);
  }

  allows(secret: string | undefined, need: Need, namespace: string): boolean {
    if (!this.tokens) return true;
    const token = this.tokens.get(secret ?? '');
    return token !== undefined && this.may(token, need, namespace);
  }

  /** A namespace is seen by who may do anything in it. */
  seesNamespace(secret: string | undefined, namespace: string): boolean {
    if (!this.tokens) return true;
    const token = this.tokens.get(secret ?? '');
    return token !== undefined && (token.management || rights(token, namespace).length > 0);
  }

  /** `nomad acl token self`. */
  self(secret: string | undefined): object {
    if (!this.tokens) throw new NomadError(400, 'ACL support disabled');
    if (secret === undefined) throw new NomadError(500, 'acl token lookup failed: missing secret id');
    const token = this.tokens.get(secret);
    if (!token) throw new NomadError(404, 'ACL token not found');
    const digest = createHash('sha256').update(token.secret).digest();
    const id = digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5');
    return {
      AccessorID: id,
      CreateIndex: 1,
      CreateTime: new Date(0).toISOString(),
      ExpirationTTL: '',
      ExpirationTime: null,
      Global: token.management,
      Hash: digest.toString('base64'),
      ModifyIndex: 1,
      Name: token.name,
      Policies: token.management ? null : [token.name],
      Roles: null,
      SecretID: token.secret,
      Type: token.management ? 'management' : 'client',
    };
  }

  private may(token: Token, need: Need, namespace: string): boolean {
    if (token.management || need === 'anyone' || need === 'known') return true;
    if (need === 'management') return false;
    if (need === 'node:read') return token.node !== undefined;
    if (need === 'agent:read') return token.agent !== undefined;
    if (need === 'operator:read') return token.operator !== undefined;
    const needed: string[] = Array.isArray(need) ? need : [need];
    const given = namespace === '*' ? Object.values(token.namespaces).flat() : rights(token, namespace);
    return needed.some((capability) => given.includes(capability));
  }
}

/** The longest pattern that fits counts alone, and a namespace's own name before any. */
function rights(token: Token, namespace: string): string[] {
  const patterns = Object.keys(token.namespaces)
    .filter((pattern) => globs(pattern, namespace))
    .sort((one, other) => other.length - one.length);
  return token.namespaces[namespace] ?? token.namespaces[patterns[0] ?? ''] ?? [];
}
