import assert from 'node:assert/strict';
import { verify } from '@node-rs/argon2';
import { hashPassword, PasswordCheck, passwordProblem } from '../../src/control/access/passwords.js';

const PASSWORD = 'Straße nach Süden, 12';

describe('passwords', () => {
  it('are compared as they are meant, however their letters are composed', async () => {
    const stored = await hashPassword(PASSWORD.normalize('NFC'));
    const check = new PasswordCheck();
    assert.equal(await check.matches(PASSWORD.normalize('NFD'), stored), true);
    assert.equal(await check.matches(`${PASSWORD} `, stored), false);
    assert.equal(await check.matches('', stored), false);
  });

  it('cost the same work where there is none to compare with', async () => {
    const work: string[] = [];
    const check = new PasswordCheck((hash, password) => {
      work.push(hash.split('$').slice(0, 4).join('$'));
      return verify(hash, password);
    });
    assert.equal(await check.matches(PASSWORD, await hashPassword(PASSWORD)), true);
    assert.equal(await check.matches(PASSWORD, null), false);
    assert.deepEqual(work, Array(2).fill('$argon2id$v=19$m=19456,t=2,p=1'));
  });

  it('are refused when they are short, simple or have the name in them', () => {
    const problems = ['eleven char', 'a'.repeat(20), 'Hello Anna, hello', 'x'.repeat(1025)].map((password) =>
      passwordProblem(password, 'anna'),
    );
    assert.ok(problems.every((problem) => problem !== undefined));
    assert.equal(passwordProblem('twelve chars', 'anna'), undefined);
  });
});
