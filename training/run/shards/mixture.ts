import { isDeepStrictEqual } from 'node:util';
import type { ModelCard, TrainingCard } from '../../../src/models/card.js';

/** The card of a model that was trained here. */
export type TrainedCard = ModelCard & { readonly training: TrainingCard };

/** A backend as a card names it: `tensorflow (2 CPU threads)`. */
export function shardBackend({ backend }: TrainingCard): { name: string; device: string } {
  const [, name = backend, device = ''] = /^(\w+) \((.*)\)$/.exec(backend) ?? [];
  return { name, device };
}

/** Describes how the cards of two shards differ where those of one model must agree. */
export function describeMixture(first: TrainedCard, other: TrainedCard): string | undefined {
  const [expected, found] = [sharedValue(first), sharedValue(other)];
  const name = Object.keys(expected).find(
    (each) => !isDeepStrictEqual(expected[each], found[each]),
  );
  if (name === undefined) return undefined;
  const values = [found[name], expected[name]];
  return values.every((value) => typeof value !== 'object')
    ? `${name} ${values[0]}, not ${values[1]}`
    : `${name} not the same`;
}

function sharedValue({ architecture, stimulus, response, training, golden }: TrainedCard) {
  const { recipe, seed, epochs, batchSize, optimiser, loss, responses, split, data } = training;
  const shared: Readonly<Record<string, unknown>> = {
    recipe,
    seed,
    epochs,
    loss,
    responses,
    split,
    freeze: training.base?.freeze,
    from: training.from?.digest,
    fit: training.from?.fit,
    backend: shardBackend(training).name,
    'version of the program': training.codeVersion,
    data,
    architecture,
    'batch size': batchSize,
    optimiser,
    'number of site neurons': training.shard?.siteNeurons,
    'neurons of the model': training.shard?.neurons,
    unit: response.unit,
    'range of the stimuli': stimulus,
    'golden stimuli': golden.stimuli,
  };
  return shared;
}
