/** Who gave an answer below `/proxy/<id>/api/`: each sounds different. */
export type Speaker =
  /** The instance, to one who came with its token. */
  | 'instance'
  /** The instance, to one without its token. */
  | 'instance refusing'
  /** The gate to a stranger; or the web app, to whom Traefik sends what has no route. */
  | 'gate or web'
  /** The gate to Traefik itself, whose address it does not trust. */
  | 'gate distrusting'
  | 'no route'
  /** Traefik, when it cannot ask the gate. */
  | 'gate away'
  /** Traefik, when it cannot reach the instance. */
  | 'instance away'
  | 'unclear';

interface Told {
  readonly status: number;
  readonly text: string;
  readonly server: string;
}

export function speakerOf({ status, text, server }: Told): Speaker {
  if (status === 200 && text.startsWith('[')) return 'instance';
  if (server.startsWith('TornadoServer')) return status === 200 ? 'instance' : 'instance refusing';
  if (text.includes('"error":"not-allowed"') && text.includes('Only the proxy')) return 'gate distrusting';
  if ((status === 401 || status === 403) && text.startsWith('{"error":')) return 'gate or web';
  if (status === 404) return 'no route';
  if (status === 502 || status === 504) return 'instance away';
  if (status === 500 && text === '') return 'gate away';
  return 'unclear';
}

/** Traefik has a route to the instance: it, or what stands before it, was heard. */
export const isRouted = (speaker: Speaker): boolean =>
  speaker !== 'gate or web' && speaker !== 'no route' && speaker !== 'unclear';
