/** Quotes a word for a POSIX shell, which then takes it as it is: `it's` becomes `'it'\''s'`. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Quotes the words of a command line. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ');
}
