import { Command } from 'commander';
import { createCountProgress } from '../../src/count-progress.js';
import { InputError } from '../../src/errors.js';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { syncFolder } from '../../src/files/whole-file.js';
import { type SavedModel, saveEnsemble } from '../../src/models/saved-model.js';
import type { BackendName } from '../../src/network/backends/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { type DataOptions, withDataOptions } from '../data/data-rules.js';
import { openData } from '../dataset/open-data.js';
import { type ChosenModel, checkModel, chooseModels } from '../evaluation/models.js';
import { backendOption, siteOption } from '../run/common-options.js';
import { withLock } from '../run/lock.js';
import { checkModelName } from '../run/options.js';
import { checkAlike } from './check-alike.js';
import { describeEnsemble, type EnsembleData, type UnsavedEnsemble } from './describe-ensemble.js';
import { ensembleLines } from './ensemble-lines.js';
import { findHeldOut } from './held-out.js';

interface Options extends DataOptions {
  readonly model: readonly string[];
  readonly out: string;
  readonly data?: string;
  readonly site?: string;
  readonly backend: BackendName | 'auto';
}

/** `bundle`: makes one model of several, an ensemble, which answers with the mean of their responses. */
export function createBundleCommand(): Command {
  const command = new Command('bundle')
    .description('makes one model of several, an ensemble, which answers with the mean of theirs')
    .requiredOption(
      '--model <folder>',
      'models/x for its latest version, or models/x/2; each of 2 to 32 models with --model',
      (folder: string, before: readonly string[] = []) => [...before, folder],
    )
    .requiredOption('--out <folder>', 'models/x makes the next version of the model x')
    .option(
      '--data <folder>',
      'the dataset that they were trained on, or with --site the four files: measures the ensemble, and learns ' +
        'intervals on the images that all of them held out',
    )
    .addOption(siteOption())
    .addOption(backendOption())
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput'))
    .action(bundle);
  return withDataOptions(command, []);
}

async function bundle(options: Options): Promise<void> {
  const { out } = options;
  checkModelName(out);
  const models = await chooseModels(options.model);
  checkAlike(models);
  await openBackend(options.backend);
  const saved = await withLock(out, console.error, async (lock) => {
    const { card, members } = await describe(models, options);
    await lock.confirm();
    const ensemble = await saveEnsemble(out, card, members);
    await syncFolder(ensemble.folder);
    return ensemble;
  });
  for (const line of ensembleLines(saved.card)) console.log(line);
  const { folder, card, digest } = saved;
  console.log(`saved ${folder}, ${card.neurons.length} neurons, digest ${digest}`);
}

async function describe(
  models: readonly ChosenModel[],
  { data: folder, site: name, ...rules }: Options,
): Promise<UnsavedEnsemble> {
  const saved = models.map((model) => model.saved);
  if (folder === undefined) {
    if (name !== undefined) throw new InputError(`--site ${name} is used without --data`);
    console.error(
      'no intervals, and no CORR of the ensemble: both need --data with the data of the trainings',
    );
    return await describeEnsemble(saved, undefined, () => {});
  }
  const neurons = saved[0]!.card.neurons.map(({ id }) => id);
  const trials = name === undefined ? trialsOf(saved[0]!) : {};
  const place = { data: folder, site: name, ...trials };
  const { site, ...known } = await openData(place, { ...rules, neurons });
  const progress = createCountProgress('responses', process.stderr);
  try {
    for (const warning of site.warnings) console.error(`warning: ${warning}`);
    for (const model of models) checkModel(model, site.name, site.validation);
    const found = findHeldOut(models, site, neurons);
    if (typeof found === 'string') console.error(`no intervals: ${found}`);
    const heldOut = typeof found === 'string' ? null : found;
    const data: EnsembleData = { ...known, validation: site.validation, heldOut };
    const images = site.validation.count + (heldOut?.count ?? 0);
    let done = 0;
    return await describeEnsemble(saved, data, (responses) => {
      done += responses;
      progress.report(done, images * neurons.length * models.length);
    });
  } finally {
    progress.stop();
    await site.close();
  }
}

/** The trials of a dataset that a model was trained on. */
function trialsOf({ card: { training } }: SavedModel) {
  const use = 'data' in training ? training.data.trials?.use : undefined;
  return { onlyTrials: use === 'alone', withoutTrials: use === undefined };
}
