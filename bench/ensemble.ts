// Measures what an ensemble gives: `npm run bench:ensemble`. It trains members on a synthetic site, or on a recorded
// one, and compares CORR of the members with that of the ensemble, and what its intervals cover with what they say.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { RECIPE_NAMES } from '../src/datasets/recipes.js';
import { MEMBERS } from '../src/models/card.js';
import { BACKEND_NAMES, type BackendName } from '../src/network/backends/index.js';
import { openBackend } from '../src/network/backends/open.js';
import { type DataPlace, openData } from '../training/dataset/open-data.js';
import { ensembleLines } from '../training/ensemble/ensemble-lines.js';
import { MACHINE } from '../training/run/machine.js';
import { siteName, wholeNumber } from '../training/run/options.js';
import { chosenResponses } from '../training/run/response-choice.js';
import { trainModel } from '../training/run/train-model.js';
import { synthesizeSite, writeSite } from '../training/synthetic/site.js';

interface Options {
  readonly recipe: string;
  readonly members: number;
  readonly epochs?: number;
  readonly backend: BackendName | 'auto';
  readonly neurons: number;
  readonly images: number;
  readonly validation: number;
  readonly data?: string;
  readonly site?: string;
}

const count = wholeNumber(20, 100_000);

await runCommand(
  new Command('bench:ensemble')
    .description('compares an ensemble with its members, and what its intervals cover')
    .addOption(
      new Option('--recipe <name>', 'of the members').choices(RECIPE_NAMES).default('shared_core'),
    )
    .option('--members <count>', 'to train', wholeNumber(MEMBERS.least, MEMBERS.most), 5)
    .option('--epochs <count>', "instead of the recipe's", wholeNumber(1, 1000))
    .addOption(
      new Option('--backend <name>', 'what trains')
        .choices(['auto', ...BACKEND_NAMES])
        .default('auto'),
    )
    .option('--neurons <count>', 'of the synthetic site', wholeNumber(1, 1000), 16)
    .option('--images <count>', 'training images of the synthetic site', count, 2000)
    .option('--validation <count>', 'validation images of the synthetic site', count, 500)
    .option('--data <folder>', 'a recording instead: a dataset, or with --site the four files')
    .option('--site <name>', 'name of the site in --data', siteName)
    .allowExcessArguments(false)
    .action(bench),
);

async function bench(options: Options): Promise<void> {
  console.log(`${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}\n`);
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-ensemble-'));
  try {
    const { data, site } = options;
    await train(
      data === undefined ? await makeSite(folder, options) : { data, site },
      folder,
      options,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a site of known neurons, whose validation images have several trials, as its training images have one. */
async function makeSite(
  folder: string,
  { neurons, images, validation }: Options,
): Promise<DataPlace> {
  const site = 'synthetic';
  const made = { site, seed: 1, neurons, images, validation, surround: true, repeats: 10 };
  await writeSite(folder, synthesizeSite(made));
  return { data: folder, site };
}

async function train(
  place: DataPlace,
  folder: string,
  { recipe, members, epochs, backend }: Options,
): Promise<void> {
  const { site, repeats, trainingTrials } = await openData(place, { allowShared: true });
  try {
    const request = {
      ...{ site, repeats, trainingTrials, recipe, members, epochs, seed: 1, neurons: undefined },
      ...({ loss: 'mse', select: 'heldout', freeze: 'published', chunk: undefined } as const),
      ...{ shard: undefined, from: undefined, resume: false, wait: false },
      responses: chosenResponses({ ...place, recipe, loss: 'mse', responses: 'auto' }),
      backend: await openBackend(backend),
      out: path.join(folder, 'ensemble'),
      unit: 'any',
      degreesPerImage: null,
    };
    const { saved, seconds } = await trainModel(request, MACHINE);
    for (const line of ensembleLines(saved.card)) console.log(line);
    console.log(`trained in ${seconds.toFixed(0)} s`);
  } finally {
    await site.close();
  }
}
