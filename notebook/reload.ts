/** Loads the page again after a moment, unless that has just been tried a few times: then the participant decides. */
const KEY = 'observatory:reloads';
const WINDOW = 60_000;
const MOST = 3;
const MOMENT = 2500;

export function reloadSoon(milliseconds = MOMENT): boolean {
  const now = Date.now();
  const recent = (JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as number[]).filter((time) => now - time < WINDOW);
  if (recent.length >= MOST) return false;
  sessionStorage.setItem(KEY, JSON.stringify([...recent, now]));
  setTimeout(() => {
    location.reload();
  }, milliseconds);
  return true;
}
