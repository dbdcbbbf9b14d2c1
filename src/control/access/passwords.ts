import { randomBytes, randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

export const LEAST_PASSWORD_LENGTH = 12;
/** Longer ones only cost time. */
export const MOST_PASSWORD_LENGTH = 1024;

/** argon2id as OWASP advises: 19 MiB, two passes. The library names the kind by a number. */
const strength = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** What is wrong with a new password, in words; undefined when nothing is. */
export function passwordProblem(password: string, name: string): string | undefined {
  if ([...password].length < LEAST_PASSWORD_LENGTH)
    return `A password has at least ${LEAST_PASSWORD_LENGTH} characters.`;
  if (password.length > MOST_PASSWORD_LENGTH) return `A password has at most ${MOST_PASSWORD_LENGTH} characters.`;
  if (password.toLowerCase().includes(name.toLowerCase())) return 'The name must not be within the password.';
  return new Set(password).size < 5 ? 'The password is too simple.' : undefined;
}

/** Neither vowels, which make words, nor what looks alike. */
const letters = 'bcdfghjkmnpqrstvwxz23456789';

/** For one sign-in, to be read out or copied: 95 random bits. */
export const newOneTimePassword = (): string =>
  Array.from({ length: 4 }, () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')).join(
    '-',
  );

export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFKC'), strength);

/** Who has no password is compared with one that nobody knows: it takes the same time. */
export class PasswordCheck {
  private readonly nobodys = hashPassword(randomBytes(24).toString('hex'));

  constructor(private readonly compare: (hash: string, password: string) => Promise<boolean> = verify) {}

  async matches(password: string, stored: string | null): Promise<boolean> {
    const matches = await this.compare(stored ?? (await this.nobodys), password.normalize('NFKC'));
    return stored !== null && matches;
  }
}
