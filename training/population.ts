import * as tf from '@tensorflow/tfjs';
import type { NamedTensor } from '../src/formats/safetensors.js';
import type { Weights } from '../src/model/saved-model.js';
import {
  initialParameters,
  parameterSpecifications,
  selectNeurons,
} from '../src/network/parameters.js';
import { randomStream } from '../src/network/random.js';
import { dropoutFactors } from './dropout.js';
import { evaluate, type Fit, predict, toTensor } from './fit.js';
import { createLearner, type Learner } from './learner.js';
import { architectureOf, type Recipe } from './recipes/recipes.js';
import type { Recording, Site } from './site.js';
import { beginWith } from './stages.js';

/** A trained neuron: how well it is predicted, and by which epoch's weights. */
export interface TrainedNeuron extends Fit {
  readonly id: number;
  /** From 1. */
  readonly keptEpoch: number | null;
}

export interface TrainedPopulation {
  readonly neurons: readonly TrainedNeuron[];
  /** Each neuron's weights of its kept epoch, neurons stacked on the first axis. */
  readonly weights: Map<string, NamedTensor>;
}

/** The networks that a stage begins with. */
export interface Base {
  /** Of all neurons of the site. */
  readonly weights: Weights;
  readonly freeze: 'published' | 'still';
}

/** What is told after each batch and, with its CORRs, each epoch. */
export interface TrainingReport {
  /** From 1. */
  readonly epoch: number;
  readonly batches: number;
  readonly batchesPerEpoch: number;
  /** Mean over the neurons of the last batch's loss. */
  readonly loss: number;
  /** After an epoch: each neuron on the validation images. */
  readonly fits?: readonly Fit[];
}

/**
 * Trains one network for each of some neurons of a site, together, and keeps each one's weights of
 * the epoch with its highest CORR on the validation images.
 * @param neurons ids: columns of the site's responses
 * @param base what the recipe's frozen parameters are taken from
 */
export async function trainPopulation(
  site: Site,
  recipe: Recipe,
  neurons: readonly number[],
  seed: number,
  report: (progress: TrainingReport) => void,
  base?: Base,
): Promise<TrainedPopulation> {
  const { training, validation } = site;
  const architecture = architectureOf(recipe);
  const specifications = parameterSpecifications(architecture, training);
  const kept = initialParameters(specifications, neurons, seed);
  if (base) beginWith(kept, base.weights, recipe.frozen, neurons);
  const freezing = { names: recipe.frozen, still: base?.freeze === 'still' };
  const best: (TrainedNeuron | undefined)[] = neurons.map(() => undefined);
  const learner = createLearner(architecture, specifications, kept, freezing);
  const batchesPerEpoch = Math.ceil(training.count / recipe.batchSize);
  try {
    for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
      const order = Uint32Array.from({ length: training.count }, (_, image) => image);
      randomStream(seed, 'order', epoch).shuffle(order);
      let loss = Number.NaN;
      for (let batch = 0; batch < batchesPerEpoch; batch++) {
        const images = order.subarray(batch * recipe.batchSize, (batch + 1) * recipe.batchSize);
        const dropout = () =>
          dropoutFactors(architecture, neurons, images.length, recipe.dropout, {
            seed,
            epoch,
            batch,
          });
        loss = mean(await learnBatch(learner, training, neurons, images, dropout));
        report({ epoch, batches: batch + 1, batchesPerEpoch, loss });
      }
      const fits = evaluate(
        validation,
        neurons,
        await predict(learner, validation, neurons.length),
      );
      await keepImproved(epoch, fits);
      report({ epoch, batches: batchesPerEpoch, batchesPerEpoch, loss, fits });
    }
  } finally {
    learner.dispose();
  }
  return { neurons: best.map((neuron) => neuron!), weights: kept };

  /** The first epoch counts as the best so far even where its CORR is undefined. */
  async function keepImproved(epoch: number, fits: readonly Fit[]): Promise<void> {
    const improved = fits.flatMap((fit, row) => {
      const before = best[row];
      return !before || (fit.CORR ?? -2) > (before.CORR ?? -2) ? [row] : [];
    });
    if (improved.length === 0) return;
    const current = await learner.weights();
    for (const row of improved) {
      best[row] = { id: neurons[row]!, ...fits[row]!, keptEpoch: epoch };
      for (const [name, { shape, data }] of kept) {
        const each = data.length / shape[0]!;
        data.set(selectNeurons(current.get(name)!, [row]).data, row * each);
      }
    }
  }
}

async function learnBatch(
  learner: Learner,
  training: Recording,
  neurons: readonly number[],
  images: Uint32Array,
  dropout: () => ReturnType<typeof dropoutFactors>,
): Promise<Float32Array> {
  const targets = new Float32Array(images.length * neurons.length);
  for (const [row, image] of images.entries()) {
    for (const [column, neuron] of neurons.entries()) {
      targets[row * neurons.length + column] =
        training.responses[image * training.neurons + neuron]!;
    }
  }
  const batch = {
    stimuli: toTensor(await training.stimuli(images)),
    targets: tf.tensor2d(targets, [images.length, neurons.length]),
    dropout: dropout(),
  };
  const losses = await learner.step(batch);
  tf.dispose([batch.stimuli, batch.targets, ...Object.values(batch.dropout)]);
  return losses;
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
