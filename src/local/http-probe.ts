import { request } from 'node:http';

export interface ProbeAnswer {
  status: number;
  text: string;
}

/** One request on a connection of its own: a kept-alive one would hold up the stop of the service that it asks. */
export function probe(url: string, options: { method?: string; body?: string; headers?: Record<string, string> } = {}) {
  return new Promise<ProbeAnswer>((resolve, reject) => {
    const { method = 'GET', headers = {} } = options;
    const sent = request(url, { method, headers, agent: false, timeout: 5_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer from ${url} within 5 s`)));
    sent.on('error', reject);
    sent.end(options.body);
  });
}

/** Whether the address answers with a success. */
export async function answers(url: string): Promise<boolean> {
  return (await probe(url)).status === 200;
}
