import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { clientAddress, isRange, networkOf, Proxies } from '../../src/platform/web/client-address.js';

const proxies = new Proxies(['127.0.0.1', '10.1.0.0/16', 'fd00::/8', '2001:db8::1']);

function seenFrom(socket: string, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return clientAddress({ socket: { remoteAddress: socket }, headers } as unknown as IncomingMessage, proxies);
}

describe('the address of a client', () => {
  it('is the connection’s own, whatever it says, unless it is a configured proxy', () => {
    assert.equal(seenFrom('203.0.113.7', '198.51.100.1'), '203.0.113.7');
    assert.equal(seenFrom('::ffff:203.0.113.7', '198.51.100.1'), '203.0.113.7');
    assert.equal(seenFrom('10.2.0.1', '198.51.100.1'), '10.2.0.1');
    assert.equal(seenFrom('2001:db8::2', '198.51.100.1'), '2001:db8::2');
  });

  it('is what the proxy saw, through several of them, never what the client wrote before', () => {
    assert.equal(seenFrom('127.0.0.1', '198.51.100.1'), '198.51.100.1');
    assert.equal(seenFrom('::ffff:127.0.0.1', '1.2.3.4, 198.51.100.1'), '198.51.100.1');
    assert.equal(seenFrom('fd12::7', '1.2.3.4, 198.51.100.1, 10.1.200.3'), '198.51.100.1');
    assert.equal(seenFrom('10.1.0.9', '1.2.3.4, 10.1.0.8, 2001:DB8:0:0::5, 2001:db8:0::1'), '2001:db8::5');
    assert.equal(seenFrom('127.0.0.1', '::ffff:c633:6401'), '198.51.100.1');
  });

  it('is the last proxy’s where that passed on no address', () => {
    for (const forwarded of [undefined, '', 'unknown', '1.2.3.4, x', '1.2.3.4,', '_hidden', '1.2.3.4:80', '\0']) {
      assert.equal(seenFrom('127.0.0.1', forwarded), '127.0.0.1', forwarded);
    }
    assert.equal(seenFrom('127.0.0.1', '10.1.0.1'), '10.1.0.1');
  });

  it('counts IPv6 by /64, however the address is written', () => {
    assert.equal(networkOf('203.0.113.7'), '203.0.113.7');
    assert.equal(networkOf(seenFrom('2001:db8:1:2:3:4:5:6')), '2001:db8:1:2');
    assert.equal(networkOf(seenFrom('2001:DB8:0001:0002::1')), '2001:db8:1:2');
    assert.equal(networkOf(seenFrom('2001:db8::1:0:0:7')), '2001:db8:0:0');
    assert.equal(networkOf(seenFrom('fe80::1%eth0')), 'fe80:0:0:0');
    assert.notEqual(networkOf(seenFrom('2001:db8:1:3::1')), networkOf(seenFrom('2001:db8:1:2::1')));
  });

  it('has one network with all of its /64, and with no other', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const of = (front: string[], back: string[]): string => networkOf(seenFrom([...front, ...back].join(':')));
    const four = fc.array(group, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(four, four, four, four, (front, back, otherFront, otherBack) => {
        fc.pre(isIPv6([...front, ...back].join(':')) && front.join() !== '0,0,0,0');
        assert.equal(of(front, back), of(front, otherBack));
        if (front.join() !== otherFront.join()) assert.notEqual(of(front, back), of(otherFront, back));
      }),
    );
  });

  it('knows what is an address or a range', () => {
    for (const good of ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', '::/0'])
      assert.ok(isRange(good), good);
    for (const bad of [
      '',
      'traefik',
      '10.0.0',
      '10.0.0.0/33',
      '10.0.0.0/',
      '::/129',
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
      'fe80::1%eth0',
    ]) {
      assert.ok(!isRange(bad), bad);
    }
    assert.ok(new Proxies(['::/0']).includes('2001:db8::1'));
    assert.ok(!new Proxies(['10.0.0.0/8']).includes('none'));
  });
});
