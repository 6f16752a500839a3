import type { SavedModel } from '../../src/models/saved-model.js';
import type { Score } from '../evaluation/scores.js';
import {
  bootstrapMeans,
  type Interval,
  meanOf,
  type Predictions,
  percentileInterval,
} from './bootstrap.js';
import {
  COMPARED,
  type Compared,
  clip,
  isNoisy,
  measure,
  type RecordedNeuron,
} from './measures.js';

/** One recipe, trained with several seeds. */
export interface TrainedRecipe {
  readonly recipe: string;
  readonly saved: SavedModel;
  readonly predictions: Predictions;
  /** The mean over the seeds: what the ensemble predicts, `[neuron]`. */
  readonly ensemble: readonly Float64Array[];
  readonly cost: RecipeCost;
}

export interface RecipeCost {
  /** Multiplications, each with its addition, of the responses of all neurons to one image, by one seed. */
  readonly multiplications: number;
  /** Numbers that a training of one seed learns. */
  readonly parameters: number;
  /** Of the training of one seed: the mean over the seeds. */
  readonly seconds: number;
}

/** One measure of one recipe. */
export interface RecipeScore {
  /** Over the neurons for which it is defined, and over the seeds. */
  readonly mean: number | null;
  /** Of that mean, over draws of the validation images. */
  readonly interval: Interval | null;
  /** Standard deviation of the seeds' means; null with one seed. */
  readonly seedDeviation: number | null;
  /** The same mean of values between 0 and 1. */
  readonly clipped: number | null;
  /** Of the mean of the seeds' predictions. */
  readonly ensemble: number | null;
  /** Mean less that of the first recipe, and its interval over the same draws; null for the first one. */
  readonly difference: { readonly mean: number; readonly interval: Interval | null } | null;
  /** Of each neuron, the mean over the seeds; without a value where no seed has one. */
  readonly neurons: readonly Score[];
}

export interface ComparedRecipe extends TrainedRecipe {
  readonly scores: Readonly<Partial<Record<Compared, RecipeScore>>>;
}

/** Recipes that were trained and measured on the same images. */
export interface Comparison {
  readonly site: string;
  readonly validationImages: number;
  readonly trainingImages: number;
  readonly seeds: number;
  readonly draws: number;
  readonly measures: readonly Compared[];
  readonly neurons: readonly { readonly id: number; readonly isNoisy: boolean }[];
  readonly recipes: readonly ComparedRecipe[];
}

/** What recipes are compared on. */
export interface ComparedSite {
  readonly site: string;
  readonly validationImages: number;
  readonly trainingImages: number;
  readonly recorded: readonly RecordedNeuron[];
  readonly hasRepeats: boolean;
}

/**
 * Measures trained recipes on the same images.
 * @param draws of images, for the intervals
 * @param onDraw is called with how many draws of how many are done
 */
export function compareRecipes(
  { recorded, hasRepeats, ...site }: ComparedSite,
  recipes: readonly TrainedRecipe[],
  draws: number,
  onDraw: (done: number, total: number) => void,
): Comparison {
  const measures = hasRepeats ? COMPARED : (['CORR'] as const);
  let done = 0;
  const advance = () => onDraw(++done, draws * measures.length);
  const scores = recipes.map((): Partial<Record<Compared, RecipeScore>> => ({}));
  for (const measured of measures) {
    const all = recipes.map(({ predictions }) => predictions);
    const means = bootstrapMeans(measured, recorded, all, site.validationImages, draws, advance);
    const own = recipes.map((recipe, i) => scoreRecipe(measured, recorded, recipe, means[i]!));
    for (const [i, score] of own.entries()) {
      const difference = i === 0 ? null : differ(score, own[0]!, means[i]!, means[0]!);
      scores[i]![measured] = { ...score, difference };
    }
  }
  return {
    ...site,
    seeds: recipes[0]!.predictions.seeds.length,
    draws,
    measures,
    neurons: recorded.map((neuron) => ({ id: neuron.id, isNoisy: isNoisy(neuron) })),
    recipes: recipes.map((recipe, i) => ({ ...recipe, scores: scores[i]! })),
  };
}

function scoreRecipe(
  measured: Compared,
  recorded: readonly RecordedNeuron[],
  { predictions: { seeds }, ensemble }: TrainedRecipe,
  draws: Float64Array,
): Omit<RecipeScore, 'difference'> {
  const bySeed = seeds.map((each) =>
    recorded.map((neuron, i) => measure(measured, neuron, each[i]!)),
  );
  const neurons = recorded.map((_, i) => averageEstimates(bySeed.map((each) => each[i]!)));
  const ofSeeds = bySeed.flatMap((each) => meanOf(each.map(({ value }) => value)) ?? []);
  const clipped = bySeed.flatMap((each) =>
    each.map(({ value }) => (value === null ? null : clip(value))),
  );
  return {
    mean: meanOf(neurons.map(({ value }) => value)),
    interval: percentileInterval(draws),
    seedDeviation: deviation(ofSeeds),
    clipped: meanOf(clipped),
    ensemble: meanOf(recorded.map((neuron, i) => measure(measured, neuron, ensemble[i]!).value)),
    neurons,
  };
}

function averageEstimates(estimates: readonly Score[]): Score {
  const value = meanOf(estimates.map((each) => each.value));
  if (value !== null) return { value };
  return estimates.find((each) => each.value === null)!;
}

function differ(
  score: Omit<RecipeScore, 'difference'>,
  first: Omit<RecipeScore, 'difference'>,
  means: Float64Array,
  firstMeans: Float64Array,
): RecipeScore['difference'] {
  if (score.mean === null || first.mean === null) return null;
  const differences = means.map((mean, draw) => mean - firstMeans[draw]!);
  return { mean: score.mean - first.mean, interval: percentileInterval(differences) };
}

/** Standard deviation with n - 1. */
function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = meanOf(values)!;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
