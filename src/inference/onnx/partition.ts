import type { PopulationSize } from '../../models/members.js';

/** What one thread computes: the groups of its session, one after the other. */
interface Part {
  /** Networks of the population, by group. */
  readonly groups: readonly Int32Array[];
}

/** Where a network's response is computed. */
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
  /** By network of the population. */
  readonly places: readonly Place[];
}

/**
 * Cuts a population into groups, each computed as a whole, and deals them to threads: in turn, so that a request for
 * neighbouring neurons keeps all threads busy, and each round in another order, so that one for every so many neurons
 * does too. The members of a neuron are neighbours, so that a request for it computes few other networks.
 * @param size of a group; smaller where there would be threads without any; infinite where one thread computes all
 *   neurons of a member, which share a core
 */
export function createPartition(
  { neurons, members }: PopulationSize,
  threads: number,
  size: number,
): Partition {
  const population = neurons * members;
  const isShared = size === Number.POSITIVE_INFINITY;
  const each = isShared ? neurons : Math.max(1, Math.min(size, Math.ceil(population / threads)));
  const networkAt = (i: number) =>
    isShared ? i : (i % members) * neurons + Math.floor(i / members);
  const used = Math.min(threads, Math.ceil(population / each));
  const parts = Array.from({ length: used }, () => ({ groups: [] as Int32Array[] }));
  const places: Place[] = [];
  for (let first = 0; first < population; first += each) {
    const part = digitSum(first / each, used) % used;
    const { groups } = parts[part]!;
    const length = Math.min(each, population - first);
    const group = Int32Array.from({ length }, (_, i) => networkAt(first + i));
    for (const [i, network] of group.entries()) {
      places[network] = { part, group: groups.length, column: groups.length * each + i };
    }
    groups.push(group);
  }
  return { parts, places };
}

/** The sum of a number's digits to a base, whose remainder visits every thread once a round. */
function digitSum(value: number, base: number): number {
  let sum = 0;
  for (let rest = value; base > 1 && rest > 0; rest = Math.floor(rest / base)) sum += rest % base;
  return sum;
}
