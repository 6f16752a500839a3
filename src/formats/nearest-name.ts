/** Longer names are not compared: that would take long, and they are no slips. */
const MAX_LENGTH = 64;

/**
 * The known name that was probably meant: the one that the fewest insertions, deletions and
 * replacements of a character turn the given name into, upper and lower case aside.
 * @returns undefined where none is near: more than 2 changes, or than a third of the name
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (given.length > MAX_LENGTH) return undefined;
  const allowed = Math.min(2, Math.floor(given.length / 3));
  const distances = known.map((name) => editDistance(given.toLowerCase(), name.toLowerCase()));
  const min = Math.min(...distances);
  return min <= allowed ? known[distances.indexOf(min)] : undefined;
}

/** Levenshtein's: changes of one character each from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
