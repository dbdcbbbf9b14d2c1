/** Where to go after the sign-in: only to pages of our own, whatever the form or the address says. */
export function returnPath(asked: string | null | undefined): string {
  const home = '/control';
  if (asked == null) return home;
  let url: URL;
  try {
    // As a browser reads it: backslashes, line breaks and dots are resolved before anything is compared.
    url = new URL(asked, 'http://control.invalid');
  } catch {
    return home;
  }
  if (url.origin !== 'http://control.invalid') return home;
  if (url.pathname !== home && !url.pathname.startsWith(`${home}/`)) return home;
  // Signing in is done by then, and the operator's key has no place in a page.
  if (/^\/control\/sign-(in|out)\/?$/.test(url.pathname) || url.searchParams.has('key')) return home;
  return url.pathname + url.search;
}
