import axios from 'axios';
import { probeKey } from '../platform/identity.js';
import type { Probe } from './ports.js';

const MILLISECONDS = 3_000;

/** Asks for the instance's kernels through Traefik and the gate, as the participant's page does. */
export class TraefikProbe implements Probe {
  constructor(
    private readonly traefikUrl: string,
    private readonly secret: string,
  ) {}

  async reaches(id: string): Promise<boolean> {
    const { status, data } = await axios.get<unknown>(`/proxy/${id}/api/kernels`, {
      baseURL: this.traefikUrl,
      headers: { 'X-Observatory-Probe': probeKey(this.secret, id) },
      timeout: MILLISECONDS,
      maxRedirects: 0,
      proxy: false,
      validateStatus: () => true,
    });
    return status === 200 && Array.isArray(data);
  }
}
