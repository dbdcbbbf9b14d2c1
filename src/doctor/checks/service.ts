import { type Inquiry, NoAnswer } from '../../platform/inquiry.js';
import { type Finding, well, wrong } from '../check.js';

export interface Service {
  readonly name: 'Nomad' | 'Consul';
  readonly inquiry: Inquiry;
  /** The setting with its address. */
  readonly setting: string;
}

/** Any HTTP answer will do, except that of a TLS port to plain HTTP. */
export async function reach({ name, inquiry, setting }: Service, signal: AbortSignal): Promise<Finding> {
  const tried = inquiry.base;
  try {
    const { status, text } = await inquiry.ask('GET', '/v1/status/leader', { signal });
    if (status === 400 && /https/i.test(text))
      return wrong(tried, text, `It speaks TLS: begin ${setting} with https: and name its CA certificate.`);
    if (status === 404) return wrong(tried, `404 ${text.slice(0, 80)}`, `That is not ${name}: correct ${setting}.`);
    return well(tried, 'answers');
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return wrong(tried, error.message, `Start ${name}, open the way to it, or correct ${setting}.`);
  }
}

/** Both tell the leader's address as a JSON string, empty when there is none. */
export async function leader({ name, inquiry }: Service, signal: AbortSignal): Promise<Finding> {
  const tried = 'GET /v1/status/leader';
  const advice = `Most ${name} servers must run and reach each other: \`${name.toLowerCase()} operator raft list-peers\` on one of them.`;
  try {
    const { status, text } = await inquiry.ask('GET', '/v1/status/leader', { signal });
    if (status !== 200 || text === '""') return wrong(tried, `${status} ${text}`, advice);
    return well(tried, text.replaceAll('"', ''));
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return wrong(tried, error.message, advice);
  }
}
