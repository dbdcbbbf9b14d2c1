import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import axios, { type AxiosInstance, isAxiosError } from 'axios';
import { readTls, type TlsFiles } from './tls.js';

/** Without a leader Nomad answers after about 5 s; that answer should still be seen. */
const MILLISECONDS = 7_000;

export interface InquiryOptions extends TlsFiles {
  readonly base: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/** Nomad gives a client address 100 connections. */
const MAX_SOCKETS = 16;

export interface Question {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** An answer that is longer counts as none. */
  readonly maxBytes?: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The `Server` header, empty when there is none. */
  readonly server: string;
  /** The `Date` header. */
  readonly date: Date | undefined;
}

/** No HTTP answer came; the message says why, in words that name what to look at. */
export class NoAnswer extends Error {}

/** Asks an HTTP service once, without a retry, and takes every answer as one: for finding out what is wrong. */
export class Inquiry {
  readonly base: string;
  private readonly http: AxiosInstance;
  private readonly agents: readonly [http.Agent, https.Agent];

  constructor({ base, headers = {}, query = {}, ca, cert, key }: InquiryOptions) {
    this.base = base.replace(/\/$/, '');
    this.agents = [
      new http.Agent({ maxSockets: MAX_SOCKETS }),
      new https.Agent({ maxSockets: MAX_SOCKETS, ...readTls({ ca, cert, key }) }),
    ];
    this.http = axios.create({
      baseURL: this.base,
      httpAgent: this.agents[0],
      httpsAgent: this.agents[1],
      headers: { ...headers },
      params: query,
      proxy: false,
      maxRedirects: 0,
      timeout: MILLISECONDS,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
    });
  }

  async ask(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, question: Question): Promise<Answer> {
    const { query = {}, headers = {}, body, maxBytes = -1, signal } = question;
    try {
      const {
        status,
        data,
        headers: given,
      } = await this.http.request<unknown>({
        method,
        url: path,
        params: query,
        headers: { ...headers },
        data: body,
        maxContentLength: maxBytes,
        signal,
      });
      const date = new Date(String(given['date']));
      return {
        status,
        text: typeof data === 'string' ? data.trim() : '',
        server: String(given['server'] ?? ''),
        date: Number.isNaN(date.getTime()) ? undefined : date,
      };
    } catch (error) {
      throw new NoAnswer(inWords(error), { cause: error });
    }
  }

  /** Status and first piece of an answer that does not end by itself. */
  async beginning(path: string, signal: AbortSignal): Promise<Pick<Answer, 'status' | 'text'>> {
    try {
      const { status, data } = await this.http.get<Readable>(path, { signal, responseType: 'stream' });
      for await (const piece of data) return { status, text: String(piece).trim() };
      return { status, text: '' };
    } catch (error) {
      throw new NoAnswer(inWords(error), { cause: error });
    }
  }

  close(): void {
    for (const agent of this.agents) agent.destroy();
  }
}

const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'no route to that host',
  ENETUNREACH: 'no route to that network',
  ECONNRESET: 'the connection was cut',
  ECONNABORTED: `no answer within ${MILLISECONDS / 1000} s`,
  ETIMEDOUT: `no answer within ${MILLISECONDS / 1000} s`,
  EPROTO: 'it does not speak TLS: http, not https?',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, and no CA certificate is given',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by a CA that is known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by a CA that is known here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  ERR_BAD_RESPONSE: 'its answer was cut or too long',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: http, not https?',
};

function inWords(error: unknown): string {
  if (!isAxiosError(error)) return String(error);
  if (error.code === 'ERR_CANCELED') return 'no answer in the time given';
  // Several addresses of one name fail as one error without words of its own.
  const words = error.message === '' ? error.code : error.message;
  return meanings[error.code ?? ''] ?? words ?? 'no answer';
}
