import path from 'node:path';
import type { Engine } from '../../src/inference/engine.js';
import { goldenStimuli } from '../../src/inference/golden-check.js';
import { readWeights, type SavedModel, saveEnsemble } from '../../src/models/saved-model.js';
import type { ArchitectureId } from '../../src/network/architectures/id.js';
import { makeModel } from '../../training/random-model/random-model-command.js';

/** An ensemble, and its members as models of their own. */
export interface SavedEnsemble {
  readonly saved: SavedModel;
  readonly members: readonly SavedModel[];
}

/**
 * Saves `<folder>/<name>/1`, an ensemble of random models whose seeds are 1, 2, ..., and each of them as
 * `<folder>/<name>-<seed>/1`. A backend of tfjs must be open.
 * @param engine computes the golden responses of the ensemble
 */
export async function saveRandomEnsemble(
  engine: Engine,
  folder: string,
  name: string,
  options: {
    readonly architecture: ArchitectureId | 'shared_core';
    readonly neurons: number;
    readonly members: number;
    readonly colour?: boolean;
  },
): Promise<SavedEnsemble> {
  const { architecture, neurons, colour = false } = options;
  const members: SavedModel[] = [];
  for (let seed = 1; seed <= options.members; seed++) {
    const out = path.join(folder, `${name}-${seed}`);
    members.push(await makeModel({ architecture, neurons, out, seed, colour }));
  }
  return { saved: await joinModels(engine, path.join(folder, name), members), members };
}

/** Saves models as one ensemble, whose golden stimuli are those of the first. */
async function joinModels(
  engine: Engine,
  out: string,
  models: readonly SavedModel[],
): Promise<SavedModel> {
  const { formatVersion: _, name: __, version: ___, weights: ____, ...card } = models[0]!.card;
  const stimuli = goldenStimuli(models[0]!.card);
  const neurons = Int32Array.from(card.neurons.keys());
  const each: Float32Array[] = [];
  for (const { folder, digest } of models) {
    await engine.load(folder, digest);
    each.push(await engine.respond({ digest, stimuli, neurons }));
    await engine.unload(digest);
  }
  const responses = card.golden.responses.map((row, stimulus) =>
    row.map((_____, neuron) => mean(each.map((values) => values[stimulus * row.length + neuron]!))),
  );
  const members = [];
  for (const model of models) {
    members.push({ training: model.card.training, weights: await readWeights(model) });
  }
  return await saveEnsemble(out, { ...card, golden: { ...card.golden, responses } }, members);
}

/** The mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of some numbers around their mean. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
