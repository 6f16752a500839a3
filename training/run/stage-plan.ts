import packageFile from '../../package.json' with { type: 'json' };
import { checkFirstModel } from '../../src/datasets/first-model.js';
import {
  batchesPerEpoch,
  findRecipe,
  type Recipe,
  recipeArchitecture,
  separateArchitecture,
} from '../../src/datasets/recipes.js';
import type { ModelCard } from '../../src/models/card.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import { isShared } from '../../src/network/any-architecture.js';
import { mapSizes } from '../../src/network/map-sizes.js';
import { parameterSpecifications } from '../../src/network/parameters.js';
import { imageLength } from '../../src/stimulus/stimuli.js';
import type { Site } from '../data/site.js';
import { memberRequests } from '../ensemble/members.js';
import { type Checkpoint, openCheckpoint } from './checkpoint/checkpoint.js';
import { chosenNeurons } from './chosen-neurons.js';
import { chunkFor, chunkForMaps, MAX_NEURONS, splitIntoChunks } from './chunk.js';
import type { StageSize } from './disk.js';
import type { HeldLock } from './lock.js';
import { type Machine, type ModelRequest, otherHeldOutSeed } from './model-request.js';
import { checkModelName } from './options.js';
import type { MemberPlace, StagePlan } from './progress.js';
import { shardBackend, type TrainedCard } from './shards/mixture.js';
import { neuronsOfShard, shardFolder } from './shards/shard.js';
import { type ExpectedModel, findStage, isExpected, newestModel, stageFolder } from './stages.js';
import { checkUndivided } from './undivided.js';
import { warmRecipe } from './warm-start.js';

/** One of the trainings that lead to a model. */
export interface Stage {
  /** Of its recipe. */
  readonly name: string;
  readonly recipe: Recipe;
  /** Where its model is saved. */
  readonly out: string;
  readonly checkpoint: Checkpoint;
}

/** What decides whether a saved stage is the one that would be trained. */
type StageRequest = Pick<
  ModelRequest,
  'seed' | 'heldOutSeed' | 'epochs' | 'loss' | 'responses' | 'select' | 'freeze' | 'from'
> & {
  readonly site: Pick<Site, 'white' | 'digests'>;
};

/** The trainings that a model still needs, in order. */
export interface ModelPlan {
  /** Ids. */
  readonly neurons: readonly number[];
  /** The saved stage, or the model of a warm start, that the first training begins with. */
  readonly base: SavedModel | undefined;
  readonly stages: readonly Stage[];
}

/**
 * Finds the stages that are trained already, and the checkpoints of the others.
 * @param announce is called with a line for each stage that comes before the model
 * @throws InputError where a checkpoint is in the way, or a name cannot be a model's
 */
export async function planModel(
  request: ModelRequest,
  { memory, clock }: Machine,
  announce: (line: string) => void,
  { confirm }: HeldLock,
): Promise<ModelPlan> {
  const { site, shard, from } = request;
  const all = chosenNeurons(site.training.neurons, request.neurons);
  const neurons = shard ? neuronsOfShard(all, shard) : all;
  checkUndivided(request, neurons.length);
  const place = trainingFolder(request);
  const stages: Stage[] = [];
  let base: SavedModel | undefined;
  let name: string | undefined = request.recipe;
  for (let out = place; name !== undefined && base === undefined; ) {
    const recipe = stageRecipe(request, name);
    stages.unshift({ name, recipe, out, checkpoint: await locateCheckpoint(name, recipe, out) });
    if (from) {
      const first = { ...from, card: from.model.card };
      checkFirstModel(first, { name, recipe, size: site.training, neurons });
    }
    const before = recipe.after;
    if (before !== undefined) {
      out = stageFolder(place, before);
      base = await savedStage(before, out);
      const how = base ? `there: ${base.folder}` : 'trained first';
      announce(`${name} begins with ${before}, which is ${how}`);
    }
    name = before;
  }
  return { neurons, base: from?.model ?? base, stages };

  async function locateCheckpoint(name: string, recipe: Recipe, out: string): Promise<Checkpoint> {
    checkModelName(out);
    const { training } = site;
    const pixels = imageLength(training);
    return await openCheckpoint(out, {
      identity: {
        codeVersion: packageFile.version,
        recipe: name,
        seed: request.seed,
        heldOutSeed: otherHeldOutSeed(request),
        epochs: recipe.epochs,
        loss: request.loss,
        responses: request.responses,
        select: request.select,
        from: from?.model.digest ?? null,
        fit: from?.fit ?? null,
        freeze: recipe.after === undefined ? null : request.freeze,
        backend: request.backend.name,
        shard: shard ? `${shard.index}/${shard.of}` : null,
        neurons: request.neurons ? all.join() : null,
        white: site.white,
        data: site.digests,
      },
      chunk: request.chunk,
      autoChunk: isShared(recipeArchitecture(recipe))
        ? neurons.length
        : Math.min(
            chunkFor(request.backend, recipe.batchSize, pixels, memory()),
            from?.fit === 'readout'
              ? chunkForMaps(mapNumbers(recipe, site), memory())
              : MAX_NEURONS,
          ),
      resume: request.resume,
      clock,
      confirm,
    });
  }

  async function savedStage(name: string, out: string): Promise<SavedModel | undefined> {
    return await findStage(out, describeStage(request, name, neurons));
  }
}

/** What the model of a stage of a request is. */
export function describeStage(
  request: StageRequest,
  name: string,
  neurons: readonly number[],
): ExpectedModel {
  const { site, seed, loss, responses, select: split, freeze } = request;
  const { epochs } = stageRecipe(request, name);
  const { white, digests } = site;
  const from = request.from ? { digest: request.from.model.digest, fit: request.from.fit } : null;
  return {
    recipe: name,
    seed,
    heldOutSeed: otherHeldOutSeed(request),
    epochs,
    loss,
    responses,
    split,
    white,
    digests,
    freeze,
    from,
    neurons: [...neurons],
  };
}

/** The latest version of the model, or of its shard, where it is the very one that is requested. */
export async function findFinished(
  request: ModelRequest,
  neurons: readonly number[],
): Promise<(SavedModel & { readonly card: TrainedCard }) | undefined> {
  const found = await newestModel(trainingFolder(request));
  if (!found || !isRequested(found.card, request, neurons)) return undefined;
  return { ...found, card: found.card };
}

/** The latest version of the model, where it is the very ensemble that is requested. */
export async function findFinishedEnsemble(
  request: ModelRequest,
  neurons: readonly number[],
): Promise<SavedModel | undefined> {
  const found = await newestModel(request.out);
  const members = found?.card.members ?? [];
  const wanted = memberRequests(request);
  const isSame =
    members.length === wanted.length &&
    wanted.every((own, k) =>
      isRequested(
        { ...found!.card, members: undefined, training: members[k]!.training },
        own,
        neurons,
      ),
    );
  return isSame ? found : undefined;
}

function isRequested(
  card: ModelCard,
  request: ModelRequest,
  neurons: readonly number[],
): card is TrainedCard {
  const { training, response, stimulus } = card;
  return (
    'recipe' in training &&
    isExpected(card, describeStage(request, request.recipe, neurons)) &&
    card.neurons.length === neurons.length &&
    training.codeVersion === packageFile.version &&
    shardBackend(training).name === request.backend.name &&
    response.unit === request.unit &&
    stimulus.degreesPerImage === request.degreesPerImage
  );
}

/** Where the model, or its shard, is saved. */
export function trainingFolder({ out, shard }: Pick<ModelRequest, 'out' | 'shard'>): string {
  return shard ? shardFolder(out, shard) : out;
}

/** What a plan writes to disk. */
export function planSizes({ neurons, stages }: ModelPlan, { site }: ModelRequest): StageSize[] {
  return stages.map(({ recipe, checkpoint }) => ({
    neurons: neurons.length,
    chunk: Math.min(neurons.length, checkpoint.chunk),
    parameters: parameterSpecifications(recipeArchitecture(recipe), site.training).reduce(
      (sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1),
      0,
    ),
  }));
}

/** The parts of a plan that the display of progress needs. */
export function planSteps(
  { neurons, stages }: ModelPlan,
  trainingImages: number,
  member?: MemberPlace,
): StagePlan[] {
  return stages.map(({ name, recipe, checkpoint }) => ({
    member,
    name,
    epochs: recipe.epochs,
    batchesPerEpoch: batchesPerEpoch(recipe, trainingImages),
    populations: splitIntoChunks(neurons, checkpoint.chunk).map(({ length }) => length),
  }));
}

/** Numbers in the maps of all images of a site that one readout reads. */
function mapNumbers(recipe: Recipe, { training, validation }: Site): number {
  const architecture = separateArchitecture(recipe);
  const { height, width } = mapSizes(architecture, training.height, training.width).readout;
  return (training.count + validation.count) * height * width * architecture.channels;
}

function stageRecipe({ epochs, loss, responses, from }: StageRequest, name: string): Recipe {
  const recipe = from ? warmRecipe(findRecipe(name), from.fit) : findRecipe(name);
  return { ...recipe, loss, responses, ...(epochs !== undefined && { epochs }) };
}
