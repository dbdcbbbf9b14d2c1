import assert from 'node:assert/strict';
import { claimIn, parseRoles, roleOf } from '../../src/platform/claimed-roles.js';

describe('claimed roles', () => {
  it('are read as value=role, with values that have equal signs and commas', () => {
    assert.deepEqual(parseRoles('staff = researcher; cn=admins,o=x=admin;'), [
      ['staff', 'researcher'],
      ['cn=admins,o=x', 'admin'],
    ]);
    for (const wrong of ['', ';', 'staff', '=admin', 'staff=boss', 'staff=admin,x'])
      assert.equal(parseRoles(wrong), undefined, wrong);
  });

  it('give the highest of all that the claim says, and none to who has none', () => {
    const roles = parseRoles('staff=researcher;admins=admin;guests=viewer')!;
    assert.equal(roleOf(roles, ['guests', 'admins', 'staff']), 'admin');
    assert.equal(roleOf(roles, 'staff'), 'researcher');
    for (const claim of [undefined, null, [], 'Staff', 'staff,admins', { staff: true }, [['staff']]])
      assert.equal(roleOf(roles, claim), undefined);
    assert.equal(roleOf(parseRoles('*=viewer')!, undefined), 'viewer');
  });

  it('are found by the claim’s name or the way to it', () => {
    const claims = { groups: ['a'], realm_access: { roles: ['b'] }, 'https://x.example/roles': ['c'] };
    assert.deepEqual(claimIn(claims, 'groups'), ['a']);
    assert.deepEqual(claimIn(claims, 'realm_access.roles'), ['b']);
    assert.deepEqual(claimIn(claims, 'https://x.example/roles'), ['c']);
    assert.equal(claimIn(claims, 'groups.length.x'), undefined);
    assert.equal(claimIn(claims, 'constructor.name'), undefined);
  });
});
