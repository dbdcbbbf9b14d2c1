/** How many requests are answered in a minute, by what they are for. */

/** Of one minute: for one session, and for all who come from one address. */
export interface Limit {
  readonly session: number;
  readonly address: number;
}

/**
 * A lecture hall of 200 behind one address starts within a minute: each reads about six pages with ten files, sends two forms and asks
 * every five seconds where its instance is. An address has room for more than twice that, a session for an impatient person.
 */
export const defaultLimits = {
  /** Scripts, styles, pictures. */
  assets: { session: 1_200, address: 12_000 },
  pages: { session: 120, address: 3_000 },
  /** Forms of the way in and out. */
  posts: { session: 30, address: 1_200 },
  /** Where the instance is, how far the line has moved. */
  polling: { session: 120, address: 12_000 },
  /** What the notebook records: a batch a second at most, more after a time offline. */
  events: { session: 1_200, address: 1_200 },
  heartbeat: { session: 60, address: 1_200 },
  /** The original's addresses, which survey servers and scripts ask for many participants. */
  scripts: { session: 1_200, address: 3_000 },
  /** The HTTP API of the control area. */
  api: { session: 1_200, address: 3_000 },
  /** Requests to an instance; no address is looked at. */
  gate: { session: 3_000, address: Infinity },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitGroup = keyof typeof defaultLimits;
export type Limits = Readonly<Record<LimitGroup, Limit>>;

const rules: readonly (readonly [LimitGroup, RegExp])[] = [
  ['assets', /^\/assets\//i],
  ['api', /^\/control\/api(?:\/.*)?$/i],
  ['events', /^\/proxy\/[^/]*\/events$/i],
  ['heartbeat', /^\/(?:proxy\/[^/]*\/heartbeat|heartbeat(?:\.php)?)$/i],
  ['polling', /^\/(?:getAssignedInstance(?:\.php)?|waiting(?:\/.*)?|proxy\/[^/]*\/place)$/i],
  ['scripts', /^\/(?:(?:proxy\/[^/]*\/)?submit|(?:getcode|get_ipynb|getipynb)(?:\/.*)?|survey\/.+)$/i],
];

/** Whatever has no rule of its own is a page or a post: no route is without a limit. */
export function limitGroup(method: string, path: string): Exclude<LimitGroup, 'gate'> {
  const bare = path.replace(/(?<=.)\/$/, '');
  const rule = rules.find(([, pattern]) => pattern.test(bare));
  if (rule !== undefined) return rule[0] as Exclude<LimitGroup, 'gate'>;
  return ['GET', 'HEAD', 'OPTIONS'].includes(method) ? 'pages' : 'posts';
}

/** `pages=240/6000, gate=6000`: requests a minute for a session / for an address; what is not named stays as it is. Undefined when it cannot be read. */
export function parseLimits(text: string): Limits | undefined {
  const limits: Record<LimitGroup, Limit> = { ...defaultLimits };
  for (const part of text.split(',').filter((part) => part.trim() !== '')) {
    const [, name = '', session, address] =
      /^\s*(\w+)\s*=\s*([1-9]\d{0,8})(?:\s*\/\s*([1-9]\d{0,8}))?\s*$/.exec(part) ?? [];
    if (!Object.hasOwn(defaultLimits, name)) return undefined;
    const group = name as LimitGroup;
    limits[group] = {
      session: Number(session),
      address: address === undefined ? limits[group].address : Number(address),
    };
  }
  return limits;
}
