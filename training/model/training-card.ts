import packageFile from '../../package.json' with { type: 'json' };
import { ADAM, recipeArchitecture } from '../../src/datasets/recipes.js';
import { ModelCard } from '../../src/models/card.js';
import type { SavedModel, UnsavedCard } from '../../src/models/saved-model.js';
import { isShared } from '../../src/network/any-architecture.js';
import { describeStimuli } from '../data/describe.js';
import { noiseCeilings } from '../data/repeats-file.js';
import type { TrainingData } from '../data/split.js';
import { describeBackend } from '../kernels/training-backend.js';
import { type ModelRequest, otherHeldOutSeed } from '../run/model-request.js';
import type { TrainedPopulation } from '../run/population.js';
import type { Stage } from '../run/stage-plan.js';
import { goldenCard, goldenImages } from './golden.js';

/**
 * The card of a stage's model.
 * @param seconds spent on its training
 * @param base the model that it began with
 */
export async function describeModel(
  request: ModelRequest,
  { name, recipe }: Pick<Stage, 'name' | 'recipe'>,
  { training, selection, validation }: TrainingData,
  { neurons, weights }: TrainedPopulation,
  seconds: number,
  base: SavedModel | undefined,
): Promise<UnsavedCard> {
  const { site, repeats, backend, seed, select, freeze, shard, from } = request;
  const heldOutSeed = otherHeldOutSeed(request);
  const architecture = recipeArchitecture(recipe);
  const stimulus = {
    ...(await describeStimuli(training, request.degreesPerImage)),
    ...(site.monitor && { monitor: site.monitor }),
  };
  const ids = neurons.map(({ id }) => id);
  const ceilings = repeats && noiseCeilings(repeats, ids);
  const networks = { ...stimulus, architecture, weights, neurons: ids };
  const golden = await goldenCard(networks, await goldenImages(validation));
  return {
    architecture: ModelCard.shape.architecture.parse({ id: recipe.architecture, ...architecture }),
    stimulus,
    response: { unit: request.unit },
    neurons: neurons.map((neuron, i) => ({ ...neuron, noiseCeiling: ceilings?.[i] ?? null })),
    training: {
      recipe: name,
      seed,
      epochs: recipe.epochs,
      batchSize: recipe.batchSize,
      optimiser: {
        ...ADAM,
        learningRate: recipe.learningRate,
        ...(recipe.core && { name: 'adamw', weightDecay: recipe.core.weightDecay }),
      },
      loss: recipe.loss,
      responses: recipe.responses,
      ...(base && !from && { base: { model: base.card.name, digest: base.digest, freeze } }),
      ...(from && {
        from: {
          model: from.model.card.name,
          version: from.model.card.version,
          digest: from.model.digest,
          fit: from.fit,
        },
      }),
      split: select,
      data: {
        site: site.name,
        trainingImages: training.count,
        ...(select === 'heldout' && { heldOutImages: selection.count }),
        ...(heldOutSeed !== null && { heldOutSeed }),
        validationImages: validation.count,
        ...(site.sharedImages > 0 && { sharedImages: site.sharedImages }),
        ...(site.white !== null && { white: site.white }),
        ...(site.trials && { trials: site.trials }),
        digests: site.digests,
      },
      ...(shard && {
        shard: {
          ...shard,
          siteNeurons: site.training.neurons,
          ...(request.neurons && { neurons: [...request.neurons] }),
        },
      }),
      backend: describeBackend(backend, isShared(architecture)),
      codeVersion: packageFile.version,
      date: new Date().toISOString(),
      seconds,
    },
    golden,
  };
}
