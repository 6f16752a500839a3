import { freemem } from 'node:os';
import packageFile from '../package.json' with { type: 'json' };
import {
  readWeights,
  type SavedModel,
  saveModel,
  type UnsavedCard,
} from '../src/model/saved-model.js';
import type { Backend } from '../src/network/backend.js';
import { describeStimuli, goldenResponses } from './describe.js';
import { ADAM } from './optimiser.js';
import {
  type Base,
  type TrainedNeuron,
  type TrainedPopulation,
  trainPopulation,
} from './population.js';
import { createProgressDisplay } from './progress.js';
import { architectureOf, findRecipe, type Recipe } from './recipes/recipes.js';
import type { Site } from './site.js';
import { stackPopulations } from './stack.js';
import { findStage, stageFolder } from './stages.js';

/** What to train, on what, and where to save it. */
export interface ModelRequest {
  readonly site: Site;
  readonly backend: Backend;
  /** Name of a recipe. */
  readonly recipe: string;
  /** Instead of the recipe's, for each stage. */
  readonly epochs: number | undefined;
  readonly seed: number;
  /** Whether the blocks that a stage does not train go on in training mode, as in the published code. */
  readonly freeze: Base['freeze'];
  /** `models/x` makes the next version of the model x. */
  readonly out: string;
  /** Of the responses, for the card. */
  readonly unit: string;
  readonly degreesPerImage: number | null;
}

export interface TrainedModel {
  readonly saved: SavedModel;
  readonly neurons: readonly TrainedNeuron[];
  readonly seconds: number;
}

/** Bytes that one network needs in training on one 50x50 image: 2.6e6 measured for ff_sa_cnn. */
const BYTES_PER_NETWORK_IMAGE = 3e6;
/** The wasm heap ends at 4 GiB, fragments included. */
const MAX_WASM_BYTES = 1e9;

/**
 * Trains a network for each neuron of a site and saves them; where the recipe begins with another's
 * networks, finds those saved, or trains them first.
 * @param stagesOf the model that the stages belong to
 */
export async function trainModel(
  request: ModelRequest,
  stagesOf = request.out,
): Promise<TrainedModel> {
  const recipe = recipeOf(request, request.recipe);
  const stage =
    recipe.after === undefined ? undefined : await baseOf(request, recipe.after, stagesOf);
  const started = performance.now();
  announce(request, recipe);
  const base = stage && { weights: await readWeights(stage), freeze: request.freeze };
  const trained = await trainSite(request, recipe, base);
  const seconds = (performance.now() - started) / 1000;
  const card = await describe(request, recipe, trained, seconds, stage);
  const saved = await saveModel(request.out, card, trained.weights);
  return { saved, neurons: trained.neurons, seconds };
}

async function baseOf(request: ModelRequest, name: string, stagesOf: string): Promise<SavedModel> {
  const out = stageFolder(stagesOf, name);
  const found = await findStage(out, {
    recipe: name,
    seed: request.seed,
    epochs: recipeOf(request, name).epochs,
    digests: request.site.digests,
    freeze: request.freeze,
  });
  console.error(
    found
      ? `${request.recipe} begins with ${name}, which is there: ${found.folder}`
      : `${request.recipe} begins with ${name}, which is trained first`,
  );
  return found ?? (await trainModel({ ...request, recipe: name, out }, stagesOf)).saved;
}

function recipeOf({ epochs }: ModelRequest, name: string): Recipe {
  const recipe = findRecipe(name);
  return epochs === undefined ? recipe : { ...recipe, epochs };
}

/** Trains the neurons in populations that fit into memory, one after the other. */
async function trainSite(
  { site, seed, backend }: ModelRequest,
  recipe: Recipe,
  base: Base | undefined,
): Promise<TrainedPopulation> {
  const size = populationSize(recipe, backend);
  const ids = Array.from({ length: site.training.neurons }, (_, id) => id);
  const chunks = Array.from({ length: Math.ceil(ids.length / size) }, (_, i) =>
    ids.slice(i * size, (i + 1) * size),
  );
  const display = createProgressDisplay(chunks.length, recipe.epochs, process.stderr);
  const trained: TrainedPopulation[] = [];
  try {
    for (const [index, chunk] of chunks.entries()) {
      const report = display.report.bind(display, index);
      trained.push(await trainPopulation(site, recipe, chunk, seed, report, base));
    }
  } finally {
    display.stop();
  }
  return {
    neurons: trained.flatMap(({ neurons }) => neurons),
    weights: stackPopulations(trained.map(({ weights }) => weights)),
  };
}

function populationSize({ batchSize }: Recipe, { name }: Backend): number {
  const memory = name === 'tensorflow' ? freemem() / 2 : MAX_WASM_BYTES;
  return Math.max(1, Math.floor(memory / (batchSize * BYTES_PER_NETWORK_IMAGE)));
}

async function describe(
  { site, backend, seed, unit, degreesPerImage, freeze, recipe: name }: ModelRequest,
  recipe: Recipe,
  { neurons, weights }: TrainedPopulation,
  seconds: number,
  base: SavedModel | undefined,
): Promise<UnsavedCard> {
  const { training, validation, digests } = site;
  const architecture = architectureOf(recipe);
  return {
    architecture: { id: recipe.architecture, ...architecture },
    stimulus: await describeStimuli(training, degreesPerImage),
    response: { unit },
    neurons: neurons.map((neuron) => ({ ...neuron, noiseCeiling: null })),
    training: {
      recipe: name,
      seed,
      epochs: recipe.epochs,
      batchSize: recipe.batchSize,
      optimiser: ADAM,
      loss: 'mse',
      ...(base && { base: { model: base.card.name, digest: base.digest, freeze } }),
      split: 'validation',
      data: {
        site: site.name,
        trainingImages: training.count,
        validationImages: validation.count,
        digests,
      },
      backend: `${backend.name} (${backend.device})`,
      codeVersion: packageFile.version,
      date: new Date().toISOString(),
      seconds,
    },
    golden: await goldenResponses(architecture, weights, validation),
  };
}

function announce({ site, backend, recipe: name }: ModelRequest, recipe: Recipe): void {
  const { training, validation } = site;
  console.error(
    `${training.neurons} neurons, ${training.count} training and ${validation.count} validation ` +
      `images of ${training.height}x${training.width}; ${name}, ` +
      `${recipe.epochs} epochs on ${backend.name} (${backend.device})`,
  );
}
