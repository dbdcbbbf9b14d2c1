/** Longer ones would fill the memory, and are rare. */
const LONGEST = 1_000;

/** What always has the same result, computed once; forgotten all together when it gets too much. */
export function remembered<T>(compute: (text: string) => T, most = 10_000): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (text.length > LONGEST) return compute(text);
    let result = known.get(text);
    if (result === undefined && !known.has(text)) {
      result = compute(text);
      if (known.size >= most) known.clear();
      known.set(text, result);
    }
    return result as T;
  };
}
