/** A browser without a screen: keeps its cookies, follows nothing by itself. */
export class Visitor {
  readonly cookies = new Map<string, string>();

  constructor(readonly publicUrl: string) {}

  async request(pathname: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.publicUrl}${pathname}`, {
      redirect: 'manual',
      ...init,
      headers: { ...(init.headers as Record<string, string> | undefined), cookie: this.cookie },
    });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';', 1)[0]!.split('=', 2) as [string, string];
      this.cookies.set(name, value);
    }
    return response;
  }

  /** The header that the browser would send. */
  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
