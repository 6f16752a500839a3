import path from 'node:path';
import { InputError } from '../../../src/errors.js';
import { sha256, syncFolder } from '../../../src/files/whole-file.js';
import { encodeSafetensors } from '../../../src/formats/safetensors.js';
import {
  readModel,
  readWeights,
  type SavedModel,
  saveModel,
  type UnsavedCard,
  type Weights,
} from '../../../src/models/saved-model.js';
import { versionsIn } from '../../../src/models/version-numbers.js';
import { stackPopulations } from '../../data/rows.js';
import { chosenNeurons } from '../chosen-neurons.js';
import { stageFolder } from '../stages.js';
import { TrainingFailed } from '../training-failed.js';
import { describeMixture, shardBackend, type TrainedCard } from './mixture.js';
import { readShardCount, type Shard, shardFolder, shardsFolder } from './shard.js';

/** A shard, or a stage of one, that has been read. */
interface SavedShard extends SavedModel {
  readonly card: TrainedCard;
}

/**
 * Makes one model, its next version, of the latest versions of its shards; and of their stages,
 * where they have some.
 * @param out `models/x`, whose shards lie in `models/x.shards`
 * @param isOnce whether a version that has the same weights is taken instead
 * @throws InputError naming the shard that is missing, there twice, or of another training
 * @throws TrainingFailed where every neuron of every shard stopped
 */
export async function mergeShards(out: string, isOnce = false): Promise<SavedModel> {
  const shards = await readShards(out);
  if (shards.every(({ card }) => card.neurons.every(({ stopped }) => stopped))) {
    throw new TrainingFailed(`every neuron of every shard of ${out} stopped: there is no model`);
  }
  const { card, weights } = await merge(out, shards);
  return isOnce ? await saveOnce(out, card, weights) : await save(out, card, weights);
}

async function readShards(out: string): Promise<SavedShard[]> {
  const of = await readShardCount(out);
  if (of === undefined) {
    throw new InputError(
      `${shardsFolder(out)} holds no shards: train them with --out ${out} --shard i/n`,
    );
  }
  const shards: SavedShard[] = [];
  for (let index = 0; index < of; index++) shards.push(await readShard(out, { index, of }));
  return shards;
}

async function readShard(out: string, { index, of }: Shard): Promise<SavedShard> {
  const folder = shardFolder(out, { index, of });
  const versions = await versionsIn(folder).catch(() => []);
  if (versions.length === 0) {
    throw new InputError(
      `shard ${index}/${of} is missing: ${folder} holds no model; train it with --shard ${index}/${of}`,
    );
  }
  const shard = await readTrained(path.join(folder, String(Math.max(...versions))));
  const own = shard.card.training.shard;
  if (own?.index !== index || own.of !== of) {
    throw new InputError(
      `${shard.folder}: its card says ${own ? `shard ${own.index}/${own.of}` : 'that it is no shard'}`,
    );
  }
  return shard;
}

async function readTrained(folder: string): Promise<SavedShard> {
  const model = await readModel(folder).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${folder}: ${error.message}`, error.problems, { cause: error });
  });
  const { training } = model.card;
  if (!('recipe' in training)) throw new InputError(`${folder}: it was not trained here`);
  return { ...model, card: { ...model.card, training } };
}

/** The card and the weights of all neurons, in the order of the shards. */
async function merge(
  out: string,
  shards: readonly SavedShard[],
): Promise<{ card: UnsavedCard; weights: Weights }> {
  const [first] = shards as readonly [SavedShard];
  checkParts(first, shards);
  const parts: Weights[] = [];
  for (const shard of shards) parts.push(await readWeights(shard));
  const { architecture, stimulus, response, golden, training } = first.card;
  const { shard: _, base, ...rest } = training;
  const mergedBase = base && (await mergeBases(out, shards));
  const trainings = shards.map(({ card }) => card.training);
  const devices = new Set(trainings.map((each) => shardBackend(each).device));
  const card = {
    architecture,
    stimulus,
    response,
    neurons: shards.flatMap(({ card }) => card.neurons),
    training: {
      ...rest,
      ...(mergedBase && {
        base: { ...base, model: mergedBase.card.name, digest: mergedBase.digest },
      }),
      backend: `${shardBackend(training).name} (${[...devices].join('; ')})`,
      date: new Date().toISOString(),
      seconds: trainings.reduce((sum, { seconds }) => sum + seconds, 0),
    },
    golden: {
      stimuli: golden.stimuli,
      responses: golden.responses.map((_, image) =>
        shards.flatMap(({ card }) => card.golden.responses[image]!),
      ),
    },
  };
  return { card, weights: stackPopulations(parts) };
}

/** That the shards are of one training, and hold each neuron of the site once. */
function checkParts(first: SavedShard, shards: readonly SavedShard[]): void {
  const holders = new Map<number, string>();
  for (const { folder, card } of shards) {
    const difference = describeMixture(first.card, card);
    if (difference !== undefined) {
      throw new InputError(`${folder} is of another training than ${first.folder}: ${difference}`);
    }
    for (const { id } of card.neurons) {
      const other = holders.get(id);
      if (other !== undefined) throw new InputError(`neuron ${id} is in ${other} and in ${folder}`);
      holders.set(id, folder);
    }
  }
  const { siteNeurons = 0, neurons } = first.card.training.shard ?? {};
  const missing = chosenNeurons(siteNeurons, neurons).find((id) => !holders.has(id));
  if (missing !== undefined) throw new InputError(`neuron ${missing} is in none of the shards`);
}

/** The model that a merged one began with: its shards' bases merged, or found merged already. */
async function mergeBases(out: string, shards: readonly SavedShard[]): Promise<SavedModel> {
  const bases: SavedShard[] = [];
  for (const shard of shards) bases.push(await findBase(shardsFolder(out), shard));
  const place = stageFolder(out, bases[0]!.card.training.recipe);
  const { card, weights } = await merge(out, bases);
  return await saveOnce(place, card, weights);
}

async function findBase(folder: string, { folder: shard, card }: SavedShard): Promise<SavedShard> {
  const { model = '', digest } = card.training.base ?? {};
  for (const version of await versionsIn(path.join(folder, model)).catch(() => [])) {
    const base = await readTrained(path.join(folder, model, String(version)));
    if (base.digest === digest) return base;
  }
  throw new InputError(
    `${shard} began with a version of ${path.join(folder, model)} that is there no more`,
  );
}

/** Saves a model where none of its versions has these weights. */
async function saveOnce(place: string, card: UnsavedCard, weights: Weights): Promise<SavedModel> {
  const digest = sha256(encodeSafetensors(weights));
  for (const version of await versionsIn(place).catch(() => [])) {
    const model = await readModel(path.join(place, String(version))).catch(() => undefined);
    if (model?.card.weights[0]?.sha256 === digest) return model;
  }
  return await save(place, card, weights);
}

async function save(out: string, card: UnsavedCard, weights: Weights): Promise<SavedModel> {
  const saved = await saveModel(out, card, weights);
  await syncFolder(saved.folder);
  return saved;
}
