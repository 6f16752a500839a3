import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../../src/errors.js';
import type { NamedTensor } from '../../src/formats/safetensors.js';
import {
  type Fit,
  type ModelCard,
  NeuronCard,
  TrainedFrom,
  TrainingCard,
} from '../../src/models/card.js';
import { readModel, type SavedModel, type Weights } from '../../src/models/saved-model.js';
import { versionsIn } from '../../src/models/version-numbers.js';
import type { AnyArchitecture } from '../../src/network/any-architecture.js';
import { selectRows } from '../data/rows.js';

/** The networks that a training begins with. */
export interface Base {
  readonly readout: AnyArchitecture['readout'];
  readonly weights: Weights;
  /** Ids of the neurons whose rows the weights are. */
  readonly neurons: readonly number[];
  readonly freeze: 'published' | 'still';
  /**
   * What a warm start trains, from all of these networks, or of their core alone; without it, a stage takes the frozen
   * parameters alone.
   */
  readonly fit?: Fit | undefined;
}

/** What makes a saved model the one that would be trained again. */
export const ExpectedModel = z.strictObject({
  recipe: TrainingCard.shape.recipe,
  seed: TrainingCard.shape.seed,
  /** What draws the held-out images, where it is not the seed. */
  heldOutSeed: z.int().nullable().default(null),
  epochs: TrainingCard.shape.epochs,
  loss: TrainingCard.shape.loss,
  responses: TrainingCard.shape.responses,
  split: TrainingCard.shape.split,
  /** The pixel value that is white, where it was given. */
  white: z.number().nullable(),
  /** sha256 of each file of the data, by its name. */
  digests: z.record(z.string(), z.string()),
  /** Of a recipe that begins with another's networks. */
  freeze: z.enum(['published', 'still']),
  /** Of a warm start: the digest of the model that it began with, and what was fitted. */
  from: z.strictObject({ digest: z.string(), fit: TrainedFrom.shape.fit }).nullable().default(null),
  /** Ids of the neurons that it must hold. */
  neurons: z.array(NeuronCard.shape.id),
});
export type ExpectedModel = z.infer<typeof ExpectedModel>;

/** The folder next to another, with its name and an ending. */
export function siblingFolder(folder: string, ending: string): string {
  return path.join(folder, '..', `${path.basename(path.resolve(folder))}${ending}`);
}

/** The stages of `models/x` are models next to it: `models/x.rf_cnn_30`. */
export function stageFolder(out: string, recipe: string): string {
  return siblingFolder(out, `.${recipe}`);
}

/** The latest version of a model, where there is one that can be read. */
export async function newestModel(folder: string): Promise<SavedModel | undefined> {
  const version = Math.max(0, ...(await versionsIn(folder).catch(() => [])));
  return version === 0 ? undefined : await readOrSkip(path.join(folder, String(version)));
}

/** The latest version of a stage that was trained on the same data in the same way, if there is one. */
export async function findStage(
  folder: string,
  wanted: ExpectedModel,
): Promise<SavedModel | undefined> {
  const versions = await versionsIn(folder).catch(() => []);
  for (const version of versions.toSorted((a, b) => b - a)) {
    const model = await readOrSkip(path.join(folder, String(version)));
    if (model && isExpected(model.card, wanted)) return model;
  }
  return undefined;
}

/** A broken model is trained again. */
async function readOrSkip(folder: string): Promise<SavedModel | undefined> {
  try {
    return await readModel(folder);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Whether a model was trained on the same data in the same way. */
export function isExpected(
  { training, neurons, members }: ModelCard,
  wanted: ExpectedModel,
): boolean {
  if (!('recipe' in training) || members !== undefined) return false;
  const { recipe, seed, epochs, loss, responses, split, data, base, from } = training;
  const names = Object.keys(wanted.digests);
  const present = new Set(neurons.map(({ id }) => id));
  return (
    recipe === wanted.recipe &&
    seed === wanted.seed &&
    (data.heldOutSeed ?? null) === wanted.heldOutSeed &&
    epochs === wanted.epochs &&
    loss === wanted.loss &&
    responses === wanted.responses &&
    split === wanted.split &&
    (data.white ?? null) === wanted.white &&
    wanted.neurons.every((id) => present.has(id)) &&
    (base === undefined || base.freeze === wanted.freeze) &&
    from?.digest === wanted.from?.digest &&
    from?.fit === wanted.from?.fit &&
    names.length === Object.keys(data.digests).length &&
    names.every((name) => data.digests[name] === wanted.digests[name])
  );
}

/**
 * The base's networks of some of its neurons.
 * @param ids in the order of the rows
 */
export function baseWeights({ weights, neurons }: Base, ids: readonly number[]): Weights {
  return selectRows(
    weights,
    ids.map((id) => neurons.indexOf(id)),
  );
}

/**
 * Puts the base's parameters in the place of those of a population: in a warm start of all, else of the frozen ones.
 * @param initial what the population begins with otherwise, [N, ...] each; written to
 * @param base its weights are of the same neurons
 * @param frozen names, or beginnings of names
 */
export function beginWith(
  initial: ReadonlyMap<string, NamedTensor>,
  base: Pick<Base, 'fit' | 'weights'>,
  frozen: readonly string[],
): void {
  for (const [name, { shape, data }] of initial) {
    if (!base.fit && !frozen.some((start) => name.startsWith(start))) continue;
    // the centre's readout of a split one is the readout of the base, which reads the centre alone
    const source =
      base.weights.get(name) ?? base.weights.get(name.replace('readout.centre.', 'readout.'));
    if (source === undefined) throw new Error(`the base has no '${name}'`);
    if (source.data.length !== data.length) {
      throw new Error(`the base's '${name}' is [${source.shape}], not [${shape}]`);
    }
    data.set(source.data);
  }
}
