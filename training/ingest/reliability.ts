import { randomStream } from '../../src/network/random.js';
import { correlation } from '../../src/tuning/metrics.js';
import { spearmanBrown } from '../../src/tuning/repeats.js';

/** Responses by trial, with the image of each. */
export interface GroupedTrials {
  /** [trials, neurons]; NaN where it was not measured. */
  readonly values: Float32Array;
  /** Trials of each image. */
  readonly trialsOf: readonly (readonly number[])[];
}

/** A correlation over fewer images says nothing. */
const MIN_IMAGES = 3;
const SPLITS = { least: 10, most: 100 } as const;
/** Trials that are drawn in all splits together, where there are many: then fewer splits give the same number. */
const MAX_DRAWS = 2 ** 22;

/**
 * The split-half reliability of the mean over the repeats of an image. Each split puts the trials of each image into a
 * random order of its own, so that a drift over the session counts as noise. A neuron takes the first N of those in
 * which it was measured, where N is the fewest that an image with more than one has. Half of them, floor(N / 2), make
 * one mean and as many the other. r is the correlation of the two means over the images, 0 where one is constant,
 * averaged over 100 splits, or fewer (10 at least) where they would draw more than 4 million trials. Above 0 it is
 * stepped up to N trials by Spearman-Brown; otherwise it is r itself.
 * @param neurons width of the responses
 * @returns a function of a column: its reliability, -1..1; null where fewer than 3 images were measured twice
 * @example
 * const reliabilityOf = createReliability({ values, trialsOf: [[0, 2], [1, 4], [3, 5]] }, 1);
 * reliabilityOf(0); // 0.93
 */
export function createReliability(
  { values, trialsOf }: GroupedTrials,
  neurons: number,
): (column: number) => number | null {
  const repeated = trialsOf.filter(({ length }) => length > 1);
  const trials = repeated.flat();
  const orders = drawOrders(repeated, trials.length);
  return (column) => {
    const own = Float64Array.from(trials, (trial) => values[trial * neurons + column]!);
    const images = imagesOf(repeated, own);
    if (images.length < MIN_IMAGES) return null;
    const repeats = images.reduce((least, { measured }) => Math.min(least, measured), Infinity);
    const half = Math.floor(repeats / 2);
    const means = [new Float64Array(images.length), new Float64Array(images.length)] as const;
    let sum = 0;
    for (const order of orders) {
      for (const [image, { first, end }] of images.entries()) {
        const halves = sumHalves(own, order.subarray(first, end), half);
        for (const i of [0, 1] as const) means[i][image] = halves[i] / half;
      }
      sum += correlation(...means) ?? 0;
    }
    const r = sum / orders.length;
    return r > 0 ? spearmanBrown(r, repeats / half) : r;
  };
}

/** Of each split: the places of all trials, those of each image in a random order. */
function drawOrders(repeated: GroupedTrials['trialsOf'], total: number): Uint32Array[] {
  const random = randomStream(1, 'halves');
  const splits = Math.max(SPLITS.least, Math.min(SPLITS.most, Math.floor(MAX_DRAWS / total)));
  return Array.from({ length: total === 0 ? 0 : splits }, () => {
    const order = Uint32Array.from({ length: total }, (_, place) => place);
    let first = 0;
    for (const { length } of repeated) {
      random.shuffle(order.subarray(first, first + length));
      first += length;
    }
    return order;
  });
}

/** The images that a neuron was measured for more than once: where their trials are, and how many were measured. */
function imagesOf(repeated: GroupedTrials['trialsOf'], own: Float64Array) {
  let end = 0;
  return repeated.flatMap(({ length }) => {
    const first = end;
    end += length;
    let measured = 0;
    for (let place = first; place < end; place++) if (!Number.isNaN(own[place]!)) measured += 1;
    return measured > 1 ? [{ first, end, measured }] : [];
  });
}

/** Sums of the first `half` measured trials of an order, and of as many after them. */
function sumHalves(own: Float64Array, order: Uint32Array, half: number): readonly [number, number] {
  let [one, other, taken] = [0, 0, 0];
  for (const place of order) {
    const value = own[place]!;
    if (Number.isNaN(value)) continue;
    if (taken < half) one += value;
    else other += value;
    taken += 1;
    if (taken === 2 * half) break;
  }
  return [one, other];
}
