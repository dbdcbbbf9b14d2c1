/** Whoever uses the control pages, as a browser would without scripts. */
import assert from 'node:assert/strict';
import { addUser } from '../../src/control/access/users.js';
import type { Role } from '../../src/control/access/role.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { controlLink } from '../../src/cli/control-link.js';
import { PlainParticipant } from '../browser/running-platform.js';

export const PASSWORD = 'quite a long sentence, 7 words';

export class Staff extends PlainParticipant {
  /** An account with this role and these studies, signed in. */
  static async with(
    { address, database }: { readonly address: string; readonly database: Database },
    name: string,
    role: Role,
    studies: readonly string[] = [],
  ): Promise<Staff> {
    await addUser(database, { name, role, password: PASSWORD, studies }, 'test');
    const staff = new Staff(address);
    assert.equal((await staff.signIn(name)).status, 303);
    return staff;
  }

  /** Whoever has the link of `observatory control`. */
  static async operator(address: string, secret: string): Promise<Staff> {
    const staff = new Staff(address);
    const entered = await staff.request(controlLink('', secret));
    assert.equal(entered.status, 303);
    return staff;
  }

  async page(path: string): Promise<string> {
    return (await this.request(path, { headers: { accept: 'text/html' } })).text();
  }

  /** What the forms of a page carry. */
  async token(path: string): Promise<string> {
    return tokenOf(await this.page(path));
  }

  async signIn(name: string, password = PASSWORD, more: Readonly<Record<string, string>> = {}): Promise<Response> {
    const token = await this.token('/control/sign-in');
    return this.send('/control/sign-in', { token, name, password, ...more });
  }

  /** Sends a form as it is given. */
  send(path: string, form: Readonly<Record<string, string>>, headers: Record<string, string> = {}): Promise<Response> {
    return this.request(path, {
      method: 'POST',
      headers: { accept: 'text/html', ...headers },
      body: new URLSearchParams(form),
    });
  }

  /** Sends a form with the token of this session. */
  async act(path: string, form: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.send(path, { token: await this.token('/control'), ...form });
  }
}

export function tokenOf(page: string): string {
  const [, token] = /name="token" value="([0-9a-f]{64})"/.exec(page) ?? [];
  assert.ok(token, 'the page has no form of ours');
  return token;
}
