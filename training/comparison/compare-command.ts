import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { createCountProgress } from '../../src/count-progress.js';
import { findRecipe, RECIPE_NAMES } from '../../src/datasets/recipes.js';
import { InputError } from '../../src/errors.js';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { MEMBERS, TrainingCard } from '../../src/models/card.js';
import type { BackendName } from '../../src/network/backends/index.js';
import { column } from '../../src/tuning/response-matrix.js';
import { type DataOptions, withDataOptions } from '../data/data-rules.js';
import { measuredPlaces } from '../data/measured.js';
import { responseMatrix } from '../data/recording.js';
import type { Repeats } from '../data/repeats-file.js';
import type { Site } from '../data/site.js';
import { type DataPlace, openData } from '../dataset/open-data.js';

import { checkWritable, writeFiles } from '../evaluation/write-files.js';
import { openTrainingBackend } from '../kernels/training-backend.js';
import { chosenNeurons } from '../run/chosen-neurons.js';
import { backendOption, siteOption } from '../run/common-options.js';
import { MACHINE } from '../run/machine.js';
import { neuronList, wholeNumber } from '../run/options.js';
import { chosenResponses } from '../run/response-choice.js';
import { type Comparison, compareRecipes, type TrainedRecipe } from './comparison.js';
import type { RecordedNeuron } from './measures.js';
import { reportPage } from './report.js';
import { csvTable, jsonTable, leftOutLines, textTable } from './table.js';
import { predictRecipe, trainRecipe } from './train-recipes.js';

interface Options extends DataPlace, DataOptions {
  readonly recipe: readonly string[];
  readonly seeds: number;
  readonly seed: number;
  readonly out: string;
  readonly neurons?: readonly number[];
  readonly epochs?: number;
  readonly select: TrainingCard['split'];
  readonly draws: number;
  readonly backend: BackendName | 'auto';
}

/** `compare`: trains recipes on the same images and says which predicts the neurons better. */
export function createCompareCommand(machine = MACHINE): Command {
  const command = new Command('compare')
    .description(
      'trains several recipes on the same images, each with several seeds, and compares how well they predict the neurons',
    )
    .requiredOption(
      '--data <folder>',
      'a dataset that ingest made; with --site, where train_img_{site}.npy and its companions are',
    )
    .addOption(siteOption())
    .requiredOption(
      '--recipe <names>',
      `such as linear,shared_core; of ${RECIPE_NAMES.join(', ')}`,
      recipes,
    )
    .option('--seeds <count>', 'trainings of each recipe', wholeNumber(1, MEMBERS.most), 3)
    .option('--seed <number>', 'the first seed', wholeNumber(0, 2 ** 32), 1)
    .option(
      '--out <folder>',
      'where table.csv, table.json, report.html and models go',
      'comparison',
    )
    .option('--neurons <ids>', 'such as 0,3,5-9; without it all neurons of the data', neuronList)
    .option('--epochs <count>', "instead of each recipe's", wholeNumber(1, 100_000))
    .addOption(
      new Option(
        '--select <images>',
        'images on which each kept epoch is chosen: heldout, a tenth of the training images, or validation, on which ' +
          'the recipes are compared too',
      )
        .choices(TrainingCard.shape.split.options)
        .default('heldout'),
    )
    .option(
      '--draws <count>',
      'draws of the validation images, for the intervals',
      wholeNumber(10, 100_000),
      1000,
    )
    .addOption(backendOption())
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput', 'failed', 'interrupted'))
    .action(compare);
  return withDataOptions(command, []);

  async function compare(options: Options): Promise<void> {
    await checkWritable(options.out);
    const { site, repeats, unit, degreesPerImage, trainingTrials } = await openData(
      options,
      options,
    );
    try {
      for (const warning of site.warnings) machine.stream.write(`warning: ${warning}\n`);
      const neurons = chosenNeurons(site.training.neurons, options.neurons);
      const recorded = neurons.map((id) => recordedNeuron(id, site, repeats));
      const backend = await openTrainingBackend(options.backend);
      const common = {
        ...options,
        ...{ site, repeats, trainingTrials, backend, degreesPerImage },
        ...{ epochs: options.epochs, neurons: options.neurons, unit: unit ?? 'as recorded' },
        ...({ loss: 'mse', freeze: 'published', wait: false } as const),
        ...{ chunk: undefined, shard: undefined, from: undefined, heldOutSeed: undefined },
      };
      const trained: TrainedRecipe[] = [];
      for (const [i, recipe] of options.recipe.entries()) {
        machine.stream.write(`recipe ${i + 1}/${options.recipe.length}: ${recipe}\n`);
        const responses = chosenResponses({
          responses: 'auto',
          recipe,
          loss: 'mse',
          site: options.site,
        });
        const saved = await trainRecipe(
          recipe,
          options.seeds,
          options.out,
          { ...common, responses },
          machine,
        );
        trained.push(await predictWith(recipe, saved, site, recorded));
      }
      await write(options, measureAll(options, site, recorded, repeats !== null, trained));
    } finally {
      await site.close();
    }
  }

  async function predictWith(
    recipe: string,
    saved: TrainedRecipe['saved'],
    site: Site,
    recorded: readonly RecordedNeuron[],
  ): Promise<TrainedRecipe> {
    const progress = createCountProgress(`responses of ${recipe}`, process.stderr);
    const { members, neurons } = saved.card;
    const total = site.validation.count * neurons.length * (members?.length ?? 1);
    let done = 0;
    try {
      return await predictRecipe(recipe, saved, site.validation, recorded, (responses) => {
        done += responses;
        progress.report(done, total);
      });
    } finally {
      progress.stop();
    }
  }
}

function measureAll(
  { draws }: Options,
  site: Site,
  recorded: readonly RecordedNeuron[],
  hasRepeats: boolean,
  trained: readonly TrainedRecipe[],
): Comparison {
  const progress = createCountProgress('draws', process.stderr);
  try {
    const compared = {
      site: site.name,
      validationImages: site.validation.count,
      trainingImages: site.training.count,
      ...{ recorded, hasRepeats },
    };
    return compareRecipes(compared, trained, draws, progress.report);
  } finally {
    progress.stop();
  }
}

async function write({ out }: Options, comparison: Comparison): Promise<void> {
  const made = `${packageFile.version}, ${new Date().toISOString().slice(0, 10)}`;
  const files = {
    'table.csv': csvTable(comparison),
    'table.json': jsonTable(comparison),
    'report.html': await reportPage(comparison, made),
  };
  await writeFiles(out, files);
  console.log(`\n${textTable(comparison)}\n`);
  for (const line of leftOutLines(comparison)) console.log(`- ${line}`);
  const written = Object.keys(files).map((name) => path.join(out, name));
  console.log(`wrote ${written.join(', ')}`);
}

function recordedNeuron(id: number, { validation }: Site, repeats: Repeats | null): RecordedNeuron {
  const responses = column(responseMatrix(validation), id);
  const images = measuredPlaces(responses);
  return {
    id,
    images,
    responses: Float64Array.from(images, (image) => responses[image]!),
    trials: repeats?.trials(id) ?? null,
  };
}

/** Reads names of recipes, each once. */
function recipes(text: string): string[] {
  const names = text.split(',');
  if (names.includes('')) {
    throw new InvalidArgumentError('Expected names with commas between them and no spaces.');
  }
  for (const [i, name] of names.entries()) {
    try {
      findRecipe(name);
    } catch (error) {
      if (error instanceof InputError) throw new InvalidArgumentError(error.message);
      throw error;
    }
    if (names.indexOf(name) < i) throw new InvalidArgumentError(`'${name}' is named twice.`);
  }
  return names;
}
