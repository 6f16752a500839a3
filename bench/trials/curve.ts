import { findRecipe, type Recipe, separateArchitecture } from '../../src/datasets/recipes.js';
import { InputError } from '../../src/errors.js';
import type { ArchitectureId } from '../../src/network/architectures/id.js';
import { type Recording, selectImages } from '../../training/data/recording.js';
import type { Site } from '../../training/data/site.js';
import { type TrainedPopulation, trainPopulation } from '../../training/run/population.js';
import { meanCorr } from '../../training/run/progress.js';
import { warmRecipe } from '../../training/run/warm-start.js';

/** What a curve is of. */
export interface Curve {
  readonly recipe: ArchitectureId;
  /** Number of neurons; a site may have fewer. */
  readonly neurons: number;
  /** Images that the first model is trained on, and its epochs. */
  readonly source: number;
  readonly sourceEpochs: number;
  /** Numbers of trials, each of an image of its own that the first model has not seen. */
  readonly trials: readonly number[];
  /** Of a training from nothing. */
  readonly epochs: number;
  /** Validation images that choose the epoch, and others that CORR is of. */
  readonly selection: number;
  readonly heldOut: number;
}

/**
 * Prints how CORR on held-out images grows with the number of trials: from nothing, and from a model of the same
 * neurons that was trained on other images, with all its parameters or its readouts alone.
 */
export async function printCurve(site: Site, curve: Curve): Promise<void> {
  const { source, trials, selection, heldOut } = curve;
  const most = Math.max(...trials);
  checkCount(site.training, source + most);
  checkCount(site.validation, selection + heldOut);
  const neurons = Array.from(
    { length: Math.min(curve.neurons, site.training.neurons) },
    (_, id) => id,
  );
  const recipe: Recipe = {
    ...findRecipe(curve.recipe),
    after: undefined,
    responses: 'normalised',
  };
  const { readout } = separateArchitecture(recipe);
  const parts = {
    selection: selectRange(site.validation, 0, selection),
    validation: selectRange(site.validation, selection, heldOut),
  };
  const train = (
    training: Recording,
    own: Recipe,
    base?: TrainedPopulation,
    fit?: 'readout' | 'all',
  ) =>
    trainPopulation({
      ...{ data: { training, ...parts }, recipe: own, neurons, seed: 1 },
      base: base && { readout, weights: base.weights, neurons, freeze: 'still', fit },
    });
  const first = await train(selectRange(site.training, 0, source), {
    ...recipe,
    epochs: curve.sourceEpochs,
  });
  console.log(
    `\n${site.name}, ${neurons.length} neurons, ${curve.recipe}: CORR on ${heldOut} images; the first model has ` +
      `${source} other images and ${curve.sourceEpochs} epochs\n`,
  );
  console.log('| trials | from nothing | `--fit readout` | `--fit all` |\n|---|---|---|---|');
  console.log(`| none | - |${` ${figure(first)} |`.repeat(2)}`);
  for (const count of trials) {
    const training = selectRange(site.training, source, count);
    const nothing = await train(training, { ...recipe, epochs: curve.epochs });
    const readout = await train(training, warmRecipe(recipe, 'readout'), first, 'readout');
    const all = await train(training, warmRecipe(recipe, 'all'), first, 'all');
    const figures = [nothing, readout, all].map(figure);
    console.log(`| ${count} | ${figures.join(' | ')} |`);
  }
}

function checkCount({ count, responseFile }: Recording, needed: number): void {
  if (count >= needed) return;
  throw new InputError(`${responseFile} has too few images: ${count}; expected at least ${needed}`);
}

function selectRange(recording: Recording, first: number, count: number): Recording {
  return selectImages(
    recording,
    Uint32Array.from({ length: count }, (_, i) => first + i),
  );
}

function figure({ neurons }: TrainedPopulation): string {
  return meanCorr(neurons)?.toFixed(3) ?? 'undefined';
}
