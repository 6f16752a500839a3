import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../src/input-error.js';
import { BACKENDS, type BackendName, openBackend } from '../src/network/backend.js';
import { siteName, wholeNumber } from './options.js';
import { findRecipe, RECIPES } from './recipes/recipes.js';
import { openSite } from './site.js';
import { trainModel } from './train-model.js';

interface Options {
  readonly data: string;
  readonly site: string;
  readonly recipe: string;
  readonly epochs?: number;
  readonly seed: number;
  readonly out: string;
  readonly backend: BackendName | 'auto';
  readonly freeze: 'published' | 'still';
  readonly unit: string;
  readonly degreesPerImage?: number;
}

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
    .addOption(
      new Option(
        '--freeze <mode>',
        'in later stages: as published (frozen blocks keep their dropout and running statistics going), or still',
      )
        .choices(['published', 'still'])
        .default('published'),
    )
    .option('--unit <text>', 'of the responses, for the card', 'as recorded')
    .option('--degrees-per-image <degrees>', 'side of an image, where it is known', positive)
    .allowExcessArguments(false)
    .action(train);
}

async function train(options: Options): Promise<void> {
  findRecipe(options.recipe);
  checkModelName(options.out);
  const site = await openSite(options.data, options.site);
  try {
    const { epochs, degreesPerImage = null } = options;
    const backend = await openBackend(options.backend);
    const request = { ...options, site, backend, epochs, degreesPerImage };
    const { saved, neurons, seconds } = await trainModel(request);
    for (const { id, CORR, PT_J, PT_S, keptEpoch } of neurons) {
      const fit = `CORR ${figure(CORR)}  PT_J ${figure(PT_J)}  PT_S ${figure(PT_S)}`;
      console.log(`neuron ${id}: ${fit}  (epoch ${keptEpoch})`);
    }
    console.log(`saved ${saved.folder} in ${seconds.toFixed(0)} s, digest ${saved.digest}`);
  } finally {
    await site.close();
  }
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
