import type { NwbPresentations } from './presentations.js';

/** Seconds by which two records of the same trial may differ: less than a frame of any screen. */
const TOLERANCE = 0.001;

/** Presentations, with those left out that say the same as another, and what is wrong with the others. */
export interface ComparedPresentations {
  readonly kept: readonly (NwbPresentations & { readonly conflict: string | undefined })[];
  readonly notes: readonly string[];
}

/**
 * Compares everything that says what was presented when. A file often says it twice: the same trials are kept once, and
 * trials that disagree are reported.
 */
export function comparePresentations(all: readonly NwbPresentations[]): ComparedPresentations {
  const notes: string[] = [];
  const conflicts = new Map<NwbPresentations, string>();
  const kept: NwbPresentations[] = [];
  for (const one of all) {
    const compared = kept.map((other) => ({ other, difference: differenceOf(other, one) }));
    const same = compared.find(({ difference }) => difference === null);
    if (same) {
      notes.push(`${one.name} has the same trials as ${same.other.name}.`);
      continue;
    }
    for (const { other, difference } of compared) {
      if (typeof difference !== 'string') continue;
      conflicts.set(one, `${other.name} disagrees: ${difference}`);
      conflicts.set(other, `${one.name} disagrees: ${differenceOf(one, other)}`);
    }
    kept.push(one);
  }
  return { kept: kept.map((each) => ({ ...each, conflict: conflicts.get(each) })), notes };
}

/** How the trials of `a` with an image differ from those of `b`; null where they do not; undefined where they are of other images. */
function differenceOf(a: NwbPresentations, b: NwbPresentations): string | null | undefined {
  if (a.images !== undefined && b.images !== undefined && a.images !== b.images) return undefined;
  const [own, other] = [shownIn(a), shownIn(b)];
  if (own.length !== other.length) {
    return `${own.length} trials with an image instead of ${other.length}`;
  }
  for (const [i, trial] of own.entries()) {
    const twin = other[i]!;
    if (a.image[trial] !== b.image[twin]) {
      return `image ${a.image[trial]} instead of ${b.image[twin]} in trial ${i}`;
    }
    const [at, otherAt] = [a.onset[trial]!, b.onset[twin]!];
    if (Math.abs(at - otherAt) > TOLERANCE) {
      return `trial ${i} begins at ${at} s instead of ${otherAt} s`;
    }
  }
  return null;
}

function shownIn({ image }: NwbPresentations): number[] {
  return Array.from(image, (_, trial) => trial).filter((trial) => image[trial] !== -1);
}
