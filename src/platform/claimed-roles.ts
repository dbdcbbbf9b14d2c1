/** Which role in the control pages whoever signs in elsewhere has, by what is said of them there. */
export const roles = ['viewer', 'researcher', 'admin'] as const;
/** Each may what those before it may. */
export type Role = (typeof roles)[number];

/** A value of the claim, `*` for whoever signs in, and the role that it gives. */
export type ClaimedRoles = readonly (readonly [value: string, role: Role])[];

/** `staff=researcher;admins=admin`. A value may have commas and equal signs, as names of a directory do. Undefined when it cannot be read. */
export function parseRoles(text: string): ClaimedRoles | undefined {
  const parsed: [string, Role][] = [];
  for (const part of text
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '')) {
    const [, value, name] = /^(.+)=\s*(\w+)$/.exec(part) ?? [];
    const role = roles.find((each) => each === name);
    if (value === undefined || role === undefined) return undefined;
    parsed.push([value.trim(), role]);
  }
  return parsed.length === 0 ? undefined : parsed;
}

/** The highest role that the claim gives; undefined when it gives none. */
export function roleOf(claimed: ClaimedRoles, claim: unknown): Role | undefined {
  const values = new Set<unknown>(Array.isArray(claim) ? claim : [claim]);
  const given = claimed.filter(([value]) => value === '*' || values.has(value)).map(([, role]) => role);
  return [...roles].reverse().find((role) => given.includes(role));
}

/** A claim by its name, or by its way: `realm_access.roles`. */
export function claimIn(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  return found;
}
