/** Characters that mean themselves to every shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Words as one line for a POSIX shell: what could mean something else stands in quotes. */
export function shellLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
