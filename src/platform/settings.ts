import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseRoles } from './claimed-roles.js';
import { parsePrice } from './price.js';
import { isRange } from './web/client-address.js';
import { parseLimits } from './web/limit-groups.js';

type Environment = Readonly<Record<string, string | undefined>>;

const secretNames = new Set([
  'NOMAD_TOKEN',
  'OBSERVATORY_WEB_NOMAD_TOKEN',
  'CONSUL_HTTP_TOKEN',
  'OBSERVATORY_SECRET',
  'OBSERVATORY_OLD_SECRETS',
  'OBSERVATORY_CAPTCHA_SECRET',
  'OBSERVATORY_OIDC_CLIENT_SECRET',
  'DATABASE_URL',
  'REDIS_URL',
]);

const url = (schemes: string) =>
  z.url({
    protocol: new RegExp(`^(${schemes})$`),
    error: `expected an address such as ${schemes.split('|')[0]}://host:port`,
  });
const address = (example: string) => z.string().regex(/^[^:]+:\d{1,5}$/, `expected host:port, such as ${example}`);
const count = (min: number, fallback: number) =>
  z.coerce
    .number({ error: 'expected a whole number' })
    .int()
    .min(min, `expected a whole number of at least ${min}`)
    .default(fallback);

const schema = z.object({
  NOMAD_ADDR: url('http|https').default('http://127.0.0.1:4646'),
  NOMAD_TOKEN: z.string().optional(),
  NOMAD_NAMESPACE: z.string().default('default'),
  NOMAD_REGION: z.string().optional(),
  NOMAD_CACERT: z.string().optional(),
  NOMAD_CLIENT_CERT: z.string().optional(),
  NOMAD_CLIENT_KEY: z.string().optional(),
  // Consul's own tools take host:port as well as a URL.
  CONSUL_HTTP_ADDR: z
    .string()
    .default('http://127.0.0.1:8500')
    .transform((text) => (text.includes('://') ? text : `http://${text}`))
    .pipe(url('http|https')),
  CONSUL_HTTP_TOKEN: z.string().optional(),
  CONSUL_CACERT: z.string().optional(),
  CONSUL_CLIENT_CERT: z.string().optional(),
  CONSUL_CLIENT_KEY: z.string().optional(),
  DATABASE_URL: url('postgres|postgresql'),
  REDIS_URL: url('redis|rediss'),
  OBSERVATORY_SECRET: z.string({ error: 'expected at least 32 characters' }).min(32, 'expected at least 32 characters'),
  OBSERVATORY_OLD_SECRETS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(z.string().min(32, 'expected secrets of at least 32 characters, with commas between'))),
  OBSERVATORY_PUBLIC_URL: url('http|https'),
  OBSERVATORY_CONTROL_URL: url('http|https').optional(),
  OBSERVATORY_OIDC_ISSUER: z
    .string()
    .regex(
      /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/,
      'expected an address such as https://id.example.org/realm',
    )
    .pipe(url('https|http'))
    .optional(),
  OBSERVATORY_OIDC_CLIENT_ID: z.string().optional(),
  OBSERVATORY_OIDC_CLIENT_SECRET: z.string().optional(),
  OBSERVATORY_OIDC_SCOPE: z.string().default('openid profile email'),
  OBSERVATORY_OIDC_NAME_CLAIM: z.string().default('preferred_username'),
  OBSERVATORY_OIDC_ROLE_CLAIM: z.string().default('groups'),
  OBSERVATORY_OIDC_ROLES: z
    .string()
    .refine((text) => parseRoles(text) !== undefined, 'expected such as staff=researcher;admins=admin;*=viewer')
    .optional(),
  OBSERVATORY_NOMAD_UI: url('http|https').optional(),
  OBSERVATORY_INSTANCE_HOUR_COST: z
    .string()
    .refine((text) => parsePrice(text) !== undefined, 'expected an amount and a currency, such as 0.012 EUR')
    .optional(),
  OBSERVATORY_WEB_NOMAD_ADDR: url('http|https').optional(),
  OBSERVATORY_WEB_NOMAD_TOKEN: z.string().optional(),
  OBSERVATORY_TRAEFIK_URL: url('http|https').optional(),
  OBSERVATORY_TRAEFIK_API_URL: url('http|https').optional(),
  OBSERVATORY_LISTEN: address('127.0.0.1:6200').default('127.0.0.1:6200'),
  OBSERVATORY_GATE_LISTEN: address('127.0.0.1:6201').default('127.0.0.1:6201'),
  OBSERVATORY_TRUSTED_PROXIES: z
    .string()
    .default('127.0.0.1,::1')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.string().refine(isRange, 'expected addresses or ranges, such as 10.0.1.10,10.0.2.0/24'))),
  OBSERVATORY_LIMITS: z
    .string()
    .refine((text) => parseLimits(text) !== undefined, 'expected requests a minute, such as pages=240/6000,gate=6000')
    .optional(),
  OBSERVATORY_CAPTCHA: z.enum(['none', 'recaptcha-v2', 'recaptcha-v3', 'hcaptcha', 'turnstile']).default('none'),
  OBSERVATORY_CAPTCHA_SITE_KEY: z.string().optional(),
  OBSERVATORY_CAPTCHA_SECRET: z.string().optional(),
  OBSERVATORY_CAPTCHA_VERIFY_URL: url('https|http').optional(),
  OBSERVATORY_CAPTCHA_MIN_SCORE: z.coerce.number({ error: 'expected a number' }).min(0).max(1).default(0.5),
  OBSERVATORY_PROFILE: z.string().default('default'),
  OBSERVATORY_PROFILES: z.string().optional(),
  OBSERVATORY_POOL_MIN: count(0, 2),
  OBSERVATORY_POOL_MAX: count(0, 10),
  OBSERVATORY_MAX_INSTANCES: count(1, 200),
  OBSERVATORY_BOOT_SECONDS: count(1, 60),
  OBSERVATORY_PASS_SECONDS: z.coerce.number({ error: 'expected seconds' }).min(0.1).max(3600).default(5),
  OBSERVATORY_INSTANCE_JOB: z.string().default('observatory-instance'),
  OBSERVATORY_INSTANCE_JOB_FILE: z.string().default('jobs/instance.nomad.hcl'),
  OBSERVATORY_INSTANCE_VARS: z.string().optional(),
  OBSERVATORY_CONSUL_PREFIX: z
    .string()
    .regex(/^[^/].*[^/]$/, 'expected a key without a slash at its ends, such as observatory')
    .default('observatory'),
  OBSERVATORY_WEB_METRICS_LISTEN: address('127.0.0.1:6203').optional(),
  OBSERVATORY_MANAGER_LISTEN: address('127.0.0.1:6202').optional(),
  OBSERVATORY_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export type Settings = Readonly<z.infer<typeof schema>>;

/** Every wrong or missing setting at once, each with its name, what was read and what is expected. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The settings are not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** Reads all settings once; a secret may come from the file named in `<NAME>_FILE` instead. */
export function readSettings(environment: Environment): Settings {
  const settings = read(environment, schema);
  const missing = [
    ...(settings.OBSERVATORY_CAPTCHA === 'none' ? [] : missingFor('OBSERVATORY_CAPTCHA', captchaNeeds, settings)),
    ...(settings.OBSERVATORY_OIDC_ISSUER === undefined
      ? []
      : missingFor('OBSERVATORY_OIDC_ISSUER', oidcNeeds, settings)),
  ];
  if (missing.length === 0) return settings;
  throw new SettingsError(missing);
}

const captchaNeeds = ['OBSERVATORY_CAPTCHA_SITE_KEY', 'OBSERVATORY_CAPTCHA_SECRET'] as const;
const oidcNeeds = ['OBSERVATORY_OIDC_CLIENT_ID', 'OBSERVATORY_OIDC_CLIENT_SECRET', 'OBSERVATORY_OIDC_ROLES'] as const;

function missingFor(what: string, needed: readonly (keyof Settings)[], settings: Settings): string[] {
  return needed.filter((name) => settings[name] === undefined).map((name) => `${name}: not set; ${what} needs it`);
}

const nomadSchema = schema.pick({
  NOMAD_ADDR: true,
  NOMAD_TOKEN: true,
  NOMAD_NAMESPACE: true,
  NOMAD_REGION: true,
  NOMAD_CACERT: true,
  NOMAD_CLIENT_CERT: true,
  NOMAD_CLIENT_KEY: true,
});
export type NomadSettings = Readonly<z.infer<typeof nomadSchema>>;

/** How Nomad is reached, for a command that needs nothing else. */
export function readNomadSettings(environment: Environment): NomadSettings {
  return read(environment, nomadSchema);
}

/** Some of the settings, for a command that needs no others: whoever publishes a study has no need of the secret. */
export function readSome<Name extends keyof Settings>(
  environment: Environment,
  names: readonly Name[],
): Pick<Settings, Name> {
  const all = Object.entries(schema.shape);
  const wanted = Object.fromEntries(all.filter(([name]) => (names as readonly string[]).includes(name)));
  return read(environment, z.object(wanted)) as Pick<Settings, Name>;
}

function read<T>(environment: Environment, schema: z.ZodObject & z.ZodType<T>): T {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = readOne(environment, name, problems);
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => describe(issue, given)));
  if (!parsed.success || problems.length > 0) throw new SettingsError(problems);
  return parsed.data;
}

function readOne(environment: Environment, name: string, problems: string[]): string | undefined {
  const file = secretNames.has(name) ? environment[`${name}_FILE`] : undefined;
  if (file === undefined) return environment[name];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    problems.push(`${name}_FILE: read ${JSON.stringify(file)}, expected a readable file (${(error as Error).message})`);
    return environment[name];
  }
}

function describe(issue: z.core.$ZodIssue, given: Readonly<Record<string, string>>): string {
  const name = String(issue.path[0]);
  const value = given[name];
  if (value === undefined) return `${name}: not set; ${issue.message}`;
  const read = secretNames.has(name) ? `${value.length} characters` : JSON.stringify(value);
  return `${name}: read ${read}; ${issue.message}`;
}
