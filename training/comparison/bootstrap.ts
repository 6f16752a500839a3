import { randomStream } from '../../src/network/random.js';
import { type Compared, measure, type RecordedNeuron } from './measures.js';

/** Values between which 95 % of the bootstrap lie. */
export type Interval = readonly [low: number, high: number];

/** Predictions of the same neurons by one recipe. */
export interface Predictions {
  /** `seeds[seed][neuron]`: the responses to the neuron's images, in the order of `RecordedNeuron.images`. */
  readonly seeds: readonly (readonly Float64Array[])[];
}

/** Any number: which images are drawn, the same in every comparison. */
const SEED = 1;

/**
 * Means of a measure over neurons and seeds, on images that are drawn with replacement from those of the validation
 * (Efron 1979). All recipes see the same draws, so that differences between them can be taken draw by draw.
 * @param images how many validation images there are
 * @param draws how often images are drawn
 * @param onDraw is called after each draw
 * @returns for each recipe the means, [draws]; NaN where no neuron has a value
 */
export function bootstrapMeans(
  measured: Compared,
  recorded: readonly RecordedNeuron[],
  recipes: readonly Predictions[],
  images: number,
  draws: number,
  onDraw: () => void,
): Float64Array[] {
  const means = recipes.map(() => new Float64Array(draws));
  for (let draw = 0; draw < draws; draw++) {
    const random = randomStream(SEED, 'bootstrap', draw);
    const counts = new Uint32Array(images);
    for (let i = 0; i < images; i++) counts[random.integer(images)]! += 1;
    const places = recorded.map((neuron) => drawnPlaces(neuron, counts));
    for (const [recipe, { seeds }] of recipes.entries()) {
      const perNeuron = recorded.map((neuron, i) =>
        meanOf(seeds.map((each) => measure(measured, neuron, each[i]!, places[i]).value)),
      );
      means[recipe]![draw] = meanOf(perNeuron) ?? Number.NaN;
    }
    onDraw();
  }
  return means;
}

/**
 * The interval from the 2.5th to the 97.5th percentile.
 * @returns null where fewer than nine in ten of the draws have a value
 */
export function percentileInterval(values: Float64Array): Interval | null {
  const known = values.filter(Number.isFinite).toSorted();
  if (known.length === 0 || known.length < 0.9 * values.length) return null;
  const at = (share: number) => known[Math.round(share * (known.length - 1))]!;
  return [at(0.025), at(0.975)];
}

/** The mean of the values that there are; null where there is none. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The places of the drawn images among those of a neuron. */
function drawnPlaces({ images }: RecordedNeuron, counts: Uint32Array): Uint32Array {
  return Uint32Array.from(
    images.flatMap((image, place) => new Array<number>(counts[image]!).fill(place)),
  );
}
