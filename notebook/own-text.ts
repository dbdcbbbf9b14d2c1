/**
 * Whether the source of a pasted text need not be asked for, by the rules of the original platform: spaces and line ends aside it is
 * part of what was last copied or cut on this page, or it is nothing but an address (free of the DOM).
 */
export function isOwnText(pasted: string, copied: string): boolean {
  const bare = (text: string): string => text.replace(/\s/g, '');
  const line = pasted.trim();
  const isAddress = /^(http|www)/.test(line) && !/[\r\n]/.test(line);
  return isAddress || bare(copied).includes(bare(pasted));
}
