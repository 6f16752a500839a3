import type { RandomStream } from '../../network/random.js';
import { symmetricEigen } from './eigen.js';

/** A search for the point where a function is largest. */
export interface Evolution {
  /** Points of a generation. */
  readonly population: number;
  /** The middle of the points of the next generation. */
  readonly mean: Float64Array;
  /** Draws the points of a generation. */
  ask(): Float64Array[];
  /**
   * Learns from the values of the points that were drawn last.
   * @param values in the order of the points
   */
  tell(values: ArrayLike<number>): void;
}

export interface EvolutionOptions {
  /** Where the first generation is drawn. */
  readonly start: Float64Array;
  /** Its standard deviation in each coordinate. */
  readonly sigma: number;
  readonly random: Pick<RandomStream, 'normal'>;
}

/** Points of a generation in a space of some dimensions. */
export function populationOf(dimensions: number): number {
  return 4 + Math.floor(3 * Math.log(dimensions));
}

/**
 * Searches with the covariance matrix adaptation evolution strategy, with the constants of Hansen's tutorial (2016,
 * arXiv:1604.00772, table 1) and positive weights alone. It sees the order of the values, not their size.
 * @example
 * const search = createCmaEs({ start: new Float64Array(8), sigma: 0.3, random });
 * for (let i = 0; i < 100; i++) search.tell(search.ask().map(f));
 */
export function createCmaEs({ start, sigma: first, random }: EvolutionOptions): Evolution {
  const n = start.length;
  const population = populationOf(n);
  const parents = Math.floor(population / 2);
  const raw = Array.from({ length: parents }, (_, i) => Math.log((population + 1) / 2 / (i + 1)));
  const total = raw.reduce((a, b) => a + b);
  const weights = raw.map((weight) => weight / total);
  const effective = 1 / weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const stepRate = (effective + 2) / (n + effective + 5);
  const damping = 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + stepRate;
  const pathRate = (4 + effective / n) / (n + 4 + (2 * effective) / n);
  const rankOne = 2 / ((n + 1.3) ** 2 + effective);
  const rankMany = Math.min(
    1 - rankOne,
    (2 * (0.25 + effective + 1 / effective - 2)) / ((n + 2) ** 2 + effective),
  );
  /** E|N(0, I)| */
  const expected = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  /** Generations between two decompositions, which take as long as tens of them; the tutorial has fewer. */
  const lag = Math.max(1, Math.floor(n / 10));

  const mean = start.slice();
  const covariance = new Float64Array(n * n);
  for (let i = 0; i < n; i++) covariance[i * n + i] = 1;
  let eigen = symmetricEigen(covariance, n);
  let lengths = eigen.values.map(Math.sqrt);
  const stepPath = new Float64Array(n);
  const path = new Float64Array(n);
  let sigma = first;
  let generation = 0;
  /** Of the points that were drawn last: (point - mean) / sigma. */
  let steps: Float64Array[] = [];

  return {
    population,
    mean,
    ask() {
      steps = Array.from({ length: population }, () => {
        const scaled = lengths.map((length) => length * random.normal());
        return multiply(eigen.vectors, scaled);
      });
      return steps.map((step) => mean.map((value, i) => value + sigma * step[i]!));
    },
    tell(values) {
      generation += 1;
      const order = [...steps.keys()].sort((a, b) => values[b]! - values[a]!);
      const best = order.slice(0, parents).map((i) => steps[i]!);
      const shift = new Float64Array(n);
      for (const [k, step] of best.entries()) {
        for (let i = 0; i < n; i++) shift[i]! += weights[k]! * step[i]!;
      }
      for (let i = 0; i < n; i++) mean[i]! += sigma * shift[i]!;
      // C^(-1/2) shift
      const white = multiply(
        eigen.vectors,
        multiplyTransposed(eigen.vectors, shift).map((value, i) => value / lengths[i]!),
      );
      const gain = Math.sqrt(stepRate * (2 - stepRate) * effective);
      for (let i = 0; i < n; i++) stepPath[i] = (1 - stepRate) * stepPath[i]! + gain * white[i]!;
      const length = Math.hypot(...stepPath);
      const unbiased = length / Math.sqrt(1 - (1 - stepRate) ** (2 * generation));
      const isSlow = unbiased < (1.4 + 2 / (n + 1)) * expected;
      const pathGain = isSlow ? Math.sqrt(pathRate * (2 - pathRate) * effective) : 0;
      for (let i = 0; i < n; i++) path[i] = (1 - pathRate) * path[i]! + pathGain * shift[i]!;
      const kept = 1 - rankOne - rankMany + (isSlow ? 0 : rankOne * pathRate * (2 - pathRate));
      for (let at = 0; at < covariance.length; at++) covariance[at]! *= kept;
      addProduct(path, rankOne);
      for (const [k, step] of best.entries()) addProduct(step, rankMany * weights[k]!);
      sigma *= Math.exp((stepRate / damping) * (length / expected - 1));
      if (generation % lag > 0) return;
      eigen = symmetricEigen(covariance, n);
      lengths = eigen.values.map((value) => Math.sqrt(Math.max(value, Number.MIN_VALUE)));
    },
  };

  /** Adds factor * vector * vector^T to the covariance. */
  function addProduct(vector: Float64Array, factor: number): void {
    for (let i = 0; i < n; i++) {
      const scaled = factor * vector[i]!;
      for (let j = 0; j < n; j++) covariance[i * n + j]! += scaled * vector[j]!;
    }
  }

  function multiply(matrix: Float64Array, vector: Float64Array): Float64Array {
    const product = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) product[i]! += matrix[i * n + j]! * vector[j]!;
    }
    return product;
  }

  function multiplyTransposed(matrix: Float64Array, vector: Float64Array): Float64Array {
    const product = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) product[j]! += matrix[i * n + j]! * vector[i]!;
    }
    return product;
  }
}
