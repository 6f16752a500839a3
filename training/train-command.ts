import { freemem } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import packageFile from '../package.json' with { type: 'json' };
import { InputError } from '../src/input-error.js';
import { saveModel, type UnsavedCard } from '../src/model/saved-model.js';
import { ARCHITECTURES } from '../src/network/architectures.js';
import { BACKENDS, type Backend, type BackendName, openBackend } from '../src/network/backend.js';
import { describeStimuli, goldenResponses } from './describe.js';
import { ADAM } from './optimiser.js';
import { siteName, wholeNumber } from './options.js';
import { type TrainedPopulation, trainPopulation } from './population.js';
import { createProgressDisplay } from './progress.js';
import { findRecipe, RECIPES, type Recipe } from './recipes/recipes.js';
import { openSite, type Site } from './site.js';
import { stackPopulations } from './stack.js';

interface Options {
  readonly data: string;
  readonly site: string;
  readonly recipe: string;
  readonly epochs?: number;
  readonly seed: number;
  readonly out: string;
  readonly backend: BackendName | 'auto';
  readonly unit: string;
  readonly degreesPerImage?: number;
}

/** Bytes that one network needs in training on one 50x50 image: 2.6e6 measured for ff_sa_cnn. */
const BYTES_PER_NETWORK_IMAGE = 3e6;
/** The wasm heap ends at 4 GiB, fragments included. */
const MAX_WASM_BYTES = 1e9;

/** `train`: fits one network to each neuron of a site and saves them as a model. */
export function createTrainCommand(): Command {
  return new Command('train')
    .description('fits one network to each neuron of a recorded site and saves them as a model')
    .requiredOption('--data <folder>', 'where train_img_{site}.npy and its companions are')
    .requiredOption('--site <name>', 'name of the site', siteName)
    .requiredOption('--recipe <name>', `one of ${Object.keys(RECIPES).join(', ')}`)
    .requiredOption('--out <folder>', 'models/x makes the next version of the model x')
    .option('--epochs <count>', "instead of the recipe's", wholeNumber(1, 100_000))
    .option('--seed <number>', 'the same seed trains the same model', wholeNumber(0, 2 ** 32), 1)
    .addOption(
      new Option('--backend <name>', 'what computes: auto takes the first that works')
        .choices(['auto', ...BACKENDS])
        .default('auto'),
    )
    .option('--unit <text>', 'of the responses, for the card', 'as recorded')
    .option('--degrees-per-image <degrees>', 'side of an image, where it is known', positive)
    .allowExcessArguments(false)
    .action(train);
}

async function train(options: Options): Promise<void> {
  const recipe = withEpochs(findRecipe(options.recipe), options.epochs);
  checkModelName(options.out);
  const site = await openSite(options.data, options.site);
  try {
    const backend = await openBackend(options.backend);
    const started = performance.now();
    announce(site, recipe, backend);
    const trained = await trainSite(site, recipe, options.seed, backend);
    const seconds = (performance.now() - started) / 1000;
    const card = await describe(options, recipe, site, trained, backend, seconds);
    const saved = await saveModel(options.out, card, trained.weights);
    for (const { id, CORR, PT_J, PT_S, keptEpoch } of trained.neurons) {
      const fit = `CORR ${figure(CORR)}  PT_J ${figure(PT_J)}  PT_S ${figure(PT_S)}`;
      console.log(`neuron ${id}: ${fit}  (epoch ${keptEpoch})`);
    }
    console.log(`saved ${saved.folder} in ${seconds.toFixed(0)} s, digest ${saved.digest}`);
  } finally {
    await site.close();
  }
}

/** Trains the neurons in populations that fit into memory, one after the other. */
async function trainSite(
  site: Site,
  recipe: Recipe,
  seed: number,
  backend: Backend,
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
      trained.push(await trainPopulation(site, recipe, chunk, seed, report));
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
  options: Options,
  recipe: Recipe,
  { training, validation, name, digests }: Site,
  { neurons, weights }: TrainedPopulation,
  backend: Backend,
  seconds: number,
): Promise<UnsavedCard> {
  const id = recipe.architecture;
  return {
    architecture: { id, ...ARCHITECTURES[id] },
    stimulus: await describeStimuli(training, options.degreesPerImage ?? null),
    response: { unit: options.unit },
    neurons: neurons.map((neuron) => ({ ...neuron, noiseCeiling: null })),
    training: {
      recipe: options.recipe,
      seed: options.seed,
      epochs: recipe.epochs,
      batchSize: recipe.batchSize,
      optimiser: ADAM,
      loss: 'mse',
      split: 'validation',
      data: {
        site: name,
        trainingImages: training.count,
        validationImages: validation.count,
        digests,
      },
      backend: `${backend.name} (${backend.device})`,
      codeVersion: packageFile.version,
      date: new Date().toISOString(),
      seconds,
    },
    golden: await goldenResponses(id, weights, validation),
  };
}

function announce({ training, validation }: Site, recipe: Recipe, backend: Backend): void {
  console.error(
    `${training.neurons} neurons, ${training.count} training and ${validation.count} validation ` +
      `images of ${training.height}x${training.width}; ${recipe.architecture}, ` +
      `${recipe.epochs} epochs on ${backend.name} (${backend.device})`,
  );
}

function withEpochs(recipe: Recipe, epochs: number | undefined): Recipe {
  return epochs === undefined ? recipe : { ...recipe, epochs };
}

/** So that a name that no card can carry is told before the training, not after it. */
function checkModelName(out: string): void {
  const name = path.basename(path.resolve(out));
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new InputError(`--out ${out}: a model's name is made of letters, digits, ., _ and -`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 180)) throw new InvalidArgumentError('It must be degrees above 0.');
  return value;
}

function figure(value: number | null): string {
  return value === null ? 'undefined' : value.toFixed(3);
}
