/** Whoever asks the HTTP API with a token. */
import { addToken, type NewToken } from '../../src/control/access/tokens.js';
import { addUser } from '../../src/control/access/users.js';
import type { Role } from '../../src/control/access/role.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { PASSWORD } from './staff.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
  /** As it came. */
  readonly text: string;
}

interface Running {
  readonly address: string;
  readonly database: Database;
}

export class ApiClient {
  constructor(
    private readonly address: string,
    readonly token: string | null,
  ) {}

  /** A new account with a token. */
  static async with(
    { address, database }: Running,
    user: string,
    role: Role,
    studies: readonly string[] = [],
    token: Partial<NewToken> = {},
  ): Promise<ApiClient> {
    await addUser(database, { name: user, role, password: PASSWORD, studies }, 'test');
    const text = await addToken(database, { user, name: 'test', days: 1, readOnly: false, ...token }, 'test');
    return new ApiClient(address, text);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask('GET', path, headers);
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask('POST', path, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
  }

  async ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<Answer> {
    const own = this.token === null ? {} : { authorization: `Bearer ${this.token}` };
    const response = await fetch(`${this.address}/control/api/v1${path}`, {
      method,
      headers: { ...own, ...headers },
      redirect: 'manual',
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type')?.replace(/;.*$/, '') ?? null;
    const json = type?.endsWith('json') === true ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.status, headers: response.headers, type, body: json, text };
  }
}
