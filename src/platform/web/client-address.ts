import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';
import { remembered } from '../remembered.js';

/** The proxies of the setting: addresses and ranges such as 10.0.0.0/8 or fd00::/8. */
export class Proxies {
  private readonly list = new BlockList();

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const { address, family, bits } = rangeOf(entry)!;
      this.list.addSubnet(address, bits, family);
    }
  }

  /** All that comes, comes from a few proxies. */
  readonly includes = remembered(
    (address) => isIP(address) !== 0 && this.list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6'),
  );
}

/** Whether the text is an address or a range. */
export const isRange = (text: string): boolean => rangeOf(text) !== undefined;

function rangeOf(text: string): { address: string; family: 'ipv4' | 'ipv6'; bits: number } | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : most + 1;
  if (most === 0 || bits > most || rest.length > 0 || address.includes('%')) return undefined;
  return { address, family: most === 32 ? 'ipv4' : 'ipv6', bits };
}

/** Who is at the other end of the connection. */
export const socketAddress = (request: IncomingMessage): string => plain(request.socket.remoteAddress ?? '') ?? 'none';

/**
 * The address of the client: each trusted proxy says in X-Forwarded-For, at the end, who came to it; the first who is no
 * proxy is the client. What stands further left the client wrote itself, and it is never read.
 */
export function clientAddress(request: IncomingMessage, proxies: Proxies): string {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  let address = socketAddress(request);
  while (proxies.includes(address)) {
    const before = plain(forwarded.pop()?.trim() ?? '');
    if (before === undefined) break;
    address = before;
  }
  return address;
}

/** Each address in one spelling; undefined for what is none. */
function plain(text: string): string | undefined {
  const address = text.replace(/%.*$/, '');
  if (isIP(address) === 0) return undefined;
  if (isIPv4(address)) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** What one household or machine has of the internet: an address of IPv4, or all /64 of IPv6. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail ?? '')].slice(0, 4).join(':');
}
