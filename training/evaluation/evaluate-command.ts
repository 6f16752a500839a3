import path from 'node:path';
import { Command, Option } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { createCountProgress } from '../../src/count-progress.js';
import { InputError } from '../../src/errors.js';
import { exitCodesHelp } from '../../src/exit-codes.js';
import type { BackendName } from '../../src/network/backends/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { type DataOptions, withDataOptions } from '../data/data-rules.js';
import type { Repeats } from '../data/repeats-file.js';
import type { SurveyedValidation } from '../data/site.js';
import { type DataPlace, openValidationData } from '../dataset/open-data.js';
import { backendOption, siteOption } from '../run/common-options.js';
import { wholeNumber } from '../run/options.js';
import { type Evaluation, evaluateModels } from './evaluation.js';
import { type ChosenModel, checkGray, checkModel, chooseModels } from './models.js';
import { MAX_MODELS } from './plots/figure.js';
import { reportPage } from './report/page.js';
import { csvTable, jsonTable, textTable } from './table.js';
import { checkWritable, writeFiles } from './write-files.js';

interface Options extends DataPlace, DataOptions {
  readonly model: readonly string[];
  readonly out: string;
  readonly backend: BackendName | 'auto';
  /** Infinity for all. */
  readonly curves: number;
}

/** More neurons than these are not listed one by one on the terminal. */
const MAX_LISTED = 20;

/** `evaluate`: scores how well models predict the neurons of a site, in a table and a report. */
export function createEvaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      'says how well models predict the validation responses of a site, in a table and in a report',
    )
    .requiredOption(
      '--model <folder>',
      'models/x for its latest version, or models/x/2; several side by side, each with --model',
      (folder: string, before: readonly string[] = []) => [...before, folder],
    )
    .requiredOption(
      '--data <folder>',
      'a dataset that ingest made; with --site, where val_img_{site}.npy and its companions are',
    )
    .addOption(siteOption())
    .option('--out <folder>', 'where table.csv, table.json and report.html go', 'report')
    .addOption(backendOption())
    .addOption(
      new Option('--curves <count|all>', 'how many neurons have their tuning curves drawn')
        .argParser((text) => (text === 'all' ? Number.POSITIVE_INFINITY : count(text)))
        .default(24),
    )
    .addHelpText('after', exitCodesHelp('badInput'))
    .allowExcessArguments(false)
    .action(evaluate);
  return withDataOptions(command, ['allowBlank', 'allowShared']);
}

const count = wholeNumber(1, 1_000_000);

async function evaluate(options: Options): Promise<void> {
  if (options.model.length > MAX_MODELS) {
    throw new InputError(
      `too many models: ${options.model.length}; expected at most ${MAX_MODELS}, each with --model`,
    );
  }
  const models = await chooseModels(options.model);
  // a blank image cannot be learned from, but it has responses all the same
  const neurons = models.flatMap(({ saved: { card } }) => card.neurons.map(({ id }) => id));
  const { site, repeats } = await openValidationData(options, {
    ...options,
    allowBlank: true,
    neurons: [...new Set(neurons)],
  });
  try {
    for (const warning of site.warnings) console.error(`warning: ${warning}`);
    const evaluation = await evaluateSite(models, site, repeats, options);
    const made = `${packageFile.version}, ${new Date().toISOString().slice(0, 10)}`;
    const files = {
      'table.csv': csvTable(evaluation),
      'table.json': jsonTable(evaluation),
      'report.html': await reportPage(evaluation, { curves: options.curves, made }),
    };
    await writeFiles(options.out, files);
    for (const { label, provenance } of evaluation.models) {
      console.log(`${label}: data: ${provenance.data}; selection: ${provenance.selection}`);
    }
    console.log(`\n${textTable(evaluation, MAX_LISTED)}\n`);
    const written = Object.keys(files).map((name) => path.join(options.out, name));
    console.log(`wrote ${written.join(', ')}`);
  } finally {
    await site.close();
  }
}

async function evaluateSite(
  models: readonly ChosenModel[],
  site: SurveyedValidation,
  repeats: Repeats | null,
  { out, backend: choice, allowBrightness = false }: Options,
): Promise<Evaluation> {
  const { name, validation } = site;
  for (const model of models) {
    checkModel(model, name, validation);
    checkGray(model, validation, { allowBrightness });
  }
  await checkWritable(out);
  const backend = await openBackend(choice);
  console.error(
    `${validation.neurons} neurons, ${validation.count} validation images` +
      `${repeats ? `, ${repeats.most} repeats` : ''}; on ${backend.name} (${backend.device})`,
  );
  const progress = createCountProgress('responses', process.stderr);
  try {
    return await evaluateModels(models, site, repeats, progress.report);
  } finally {
    progress.stop();
  }
}
