/** Longer texts are decoded each time: anybody may write anything of any length into etcd. */
const MAX_CHARS = 2048;

/**
 * The same decoding, remembered for the last texts that it was asked for: what stands in etcd is looked
 * at far more often than it changes. The results are shared, so they must never be modified.
 * @param kept how many at least; at most twice as many
 */
export function memoised<T>(decode: (text: string) => T, kept: number): (text: string) => T {
  let newer = new Map<string, T>();
  let older = new Map<string, T>();
  return (text) => {
    const known = newer.get(text) ?? older.get(text);
    if (known !== undefined) return known;
    const decoded = decode(text);
    if (text.length > MAX_CHARS) return decoded;
    if (newer.size >= kept) {
      older = newer;
      newer = new Map();
    }
    newer.set(text, decoded);
    return decoded;
  };
}
