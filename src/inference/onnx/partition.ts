/** What one thread computes: the groups of its session, one after the other. */
interface Part {
  /** Columns of the population, by group. */
  readonly groups: readonly Int32Array[];
}

/** Where a neuron's response is computed. */
interface Place {
  readonly part: number;
  /** Index in the part's groups. */
  readonly group: number;
  /** Column of the part's responses. */
  readonly column: number;
}

/** A population cut into groups that are dealt to threads. */
export interface Partition {
  readonly parts: readonly Part[];
  /** By column of the population. */
  readonly places: readonly Place[];
}

/**
 * Cuts a population into groups of neighbours, each computed as a whole, and deals them to threads: in
 * turn, so that a request for neighbouring neurons keeps all threads busy, and each round in another
 * order, so that one for every so many neurons does too.
 * @param size of a group; smaller where there would be threads without any; infinite where the whole population is
 *   computed by one thread
 */
export function createPartition(population: number, threads: number, size: number): Partition {
  const most = size === Number.POSITIVE_INFINITY ? population : Math.ceil(population / threads);
  const each = Math.max(1, Math.min(size, most));
  const used = Math.min(threads, Math.ceil(population / each));
  const parts = Array.from({ length: used }, () => ({ groups: [] as Int32Array[] }));
  const places: Place[] = [];
  for (let first = 0; first < population; first += each) {
    const part = digitSum(first / each, used) % used;
    const { groups } = parts[part]!;
    const length = Math.min(each, population - first);
    for (let i = 0; i < length; i++) {
      places.push({ part, group: groups.length, column: groups.length * each + i });
    }
    groups.push(Int32Array.from({ length }, (_, i) => first + i));
  }
  return { parts, places };
}

/** The sum of a number's digits to a base, whose remainder visits every thread once a round. */
function digitSum(value: number, base: number): number {
  let sum = 0;
  for (let rest = value; base > 1 && rest > 0; rest = Math.floor(rest / base)) sum += rest % base;
  return sum;
}
