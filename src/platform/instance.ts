import axios, { type AxiosInstance } from 'axios';
import { probeKey } from './identity.js';

/** A kernel on a busy node needs some seconds. */
const MILLISECONDS = 15_000;

export interface InstanceFile {
  readonly path: string;
  readonly text: string;
}

/** An instance as the web app reaches it: through Traefik and the gate, which knows it by its key. */
export class InstanceClient {
  private readonly http: AxiosInstance;

  constructor(
    traefikUrl: string,
    private readonly secret: string,
  ) {
    this.http = axios.create({ baseURL: traefikUrl, timeout: MILLISECONDS, maxRedirects: 0, proxy: false });
  }

  /** Places the files that are not there yet and starts the kernel, unless it runs already. May be repeated at any time. */
  async prepare(id: string, files: readonly InstanceFile[], signal: AbortSignal): Promise<void> {
    const headers = { 'X-Observatory-Probe': probeKey(this.secret, id) };
    for (const { path, text } of files) {
      const asText = { ...headers, 'Content-Type': 'text/plain; charset=utf-8' };
      await this.http.put(`/proxy/${id}/api/files/${path}`, text, { headers: asText, signal });
    }
    await this.http.post(`/proxy/${id}/api/kernels`, { name: 'python3' }, { headers, signal });
  }
}
