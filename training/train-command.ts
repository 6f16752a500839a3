import { Command, Option } from 'commander';
import { findRecipe, RECIPES } from '../src/datasets/recipes.js';
import { ResponseChoice } from '../src/datasets/train-request.js';
import { InputError } from '../src/errors.js';
import { exitCodesHelp } from '../src/exit-codes.js';
import { type Fit, MEMBERS, TrainedFrom, TrainingCard } from '../src/models/card.js';
import { findModel } from '../src/models/find-model.js';
import type { BackendName } from '../src/network/backends/index.js';
import {
  type ClusterOptions,
  checkClusterOptions,
  withClusterOptions,
} from './cluster/cluster-options.js';
import { planTrainingJob } from './cluster/kubernetes/plan-training-job.js';
import { trainingJobManifest, writeManifest } from './cluster/kubernetes/training-job.js';
import { runProgram } from './cluster/slurm/run-program.js';
import { submitTraining } from './cluster/submit-training.js';
import { type DataOptions, withDataOptions } from './data/data-rules.js';
import { type DataPlace, openData } from './dataset/open-data.js';
import { ensembleLines } from './ensemble/ensemble-lines.js';
import { openTrainingBackend } from './kernels/training-backend.js';
import { backendOption, siteOption } from './run/common-options.js';
import { MACHINE } from './run/machine.js';
import type { Machine, ModelRequest } from './run/model-request.js';
import { checkModelName, degrees, figure, neuronList, wholeNumber } from './run/options.js';
import type { TrainedNeuron } from './run/population.js';
import { chosenResponses } from './run/response-choice.js';
import { mergeWhenComplete } from './run/shards/merge-when-complete.js';
import { parseShard, type Shard, shardOfJob } from './run/shards/shard.js';
import { trainModel } from './run/train-model.js';
import { warmStart } from './run/warm-start.js';
import { checkCombinations } from './train-combinations.js';

interface Options
  extends Pick<
      ModelRequest,
      'recipe' | 'seed' | 'heldOutSeed' | 'members' | 'loss' | 'select' | 'freeze' | 'out'
    >,
    DataPlace,
    DataOptions,
    ClusterOptions {
  readonly responses: ResponseChoice;
  readonly unit?: string;
  readonly epochs?: number;
  readonly neurons?: readonly number[];
  readonly from?: string;
  readonly core?: string;
  readonly fit: Fit;
  readonly backend: BackendName | 'auto';
  readonly chunk: number | 'auto';
  readonly shard?: Shard;
  readonly resume?: true;
  readonly wait?: true;
  readonly merge?: true;
  readonly degreesPerImage?: number;
}

/**
 * `train`: fits one network to each neuron of a site and saves them as a model.
 * @param environment where a Kubernetes job says which share is this one's
 * @param run runs the commands of a cluster
 */
export function createTrainCommand(
  environment: Readonly<Record<string, string | undefined>> = {},
  machine = MACHINE,
  run = runProgram,
): Command {
  const command = new Command('train')
    .description('fits one network to each neuron of a recorded site and saves them as a model')
    .requiredOption(
      '--data <folder>',
      'a dataset that ingest made; with --site, where train_img_{site}.npy and its companions are',
    )
    .addOption(siteOption())
    .requiredOption('--recipe <name>', `one of ${Object.keys(RECIPES).join(', ')}`)
    .requiredOption('--out <folder>', 'models/x makes the next version of the model x')
    .option(
      '--without-trials',
      'leaves out the trials that the dataset was given after it was made',
    )
    .option(
      '--only-trials',
      'trains on these trials alone, without the training images of the dataset',
    )
    .option('--neurons <ids>', 'such as 0,3,5-9; without it all neurons of the data', neuronList)
    .option(
      '--from <model>',
      'begins with the networks of the same neurons in this model: models/x or models/x/2',
    )
    .addOption(
      new Option('--fit <part>', 'with --from: what is fitted, the readout alone or all parameters')
        .choices(TrainedFrom.shape.fit.exclude(['core']).options)
        .default('all'),
    )
    .option(
      '--core <model>',
      'keeps the shared core of this model, and learns new readouts of it: of other neurons, or of another site',
    )
    .option('--epochs <count>', "instead of the recipe's", wholeNumber(1, 100_000))
    .option('--seed <number>', 'the same seed trains the same model', wholeNumber(0, 2 ** 32), 1)
    .option(
      '--members <count>',
      'trains so many models with seeds that follow each other, and saves them as one, an ensemble',
      wholeNumber(MEMBERS.least, MEMBERS.most),
    )
    .addOption(
      new Option(
        '--loss <name>',
        'mse: mean squared error; poisson: for counts, with responses kept positive by a softplus',
      )
        .choices(TrainingCard.shape.loss.options)
        .default('mse'),
    )
    .addOption(
      new Option(
        '--responses <scale>',
        'normalised: each neuron learns responses with a mean of 0 and a standard deviation of 0.1 (shared core: 1), and predicts in the ' +
          'unit of the recording; recorded: as they are, as published; auto: normalised, except with poisson, and with --site where ' +
          'each neuron has a network',
      )
        .choices(ResponseChoice.options)
        .default('auto'),
    )
    .addOption(
      new Option(
        '--select <images>',
        "images on which each neuron's kept epoch is chosen: validation, as published, or heldout, " +
          'a tenth of the training images, which are then not trained on',
      )
        .choices(TrainingCard.shape.split.options)
        .default('validation'),
    )
    .option(
      '--held-out-seed <number>',
      'with --select heldout: draws these images instead of --seed, so that models of several seeds hold out the same',
      wholeNumber(0, 2 ** 32),
    )
    .addOption(backendOption())
    .addOption(
      new Option(
        '--freeze <mode>',
        'in later stages: as published (frozen blocks keep their dropout and running statistics going), or still',
      )
        .choices(['published', 'still'])
        .default('published'),
    )
    .addOption(
      new Option('--chunk <neurons>', 'neurons trained together; auto: as many as memory allows')
        .argParser((text) => (text === 'auto' ? text : wholeNumber(1, 100_000)(text)))
        .default('auto'),
    )
    .addOption(
      new Option(
        '--shard <i/n>',
        'trains share i (from 0) of n of the neurons, for `merge` to put together; in an indexed ' +
          'Kubernetes job: JOB_COMPLETION_INDEX of JOB_COMPLETIONS',
      ).argParser((text) => parseShard(text, '--shard')),
    )
    .option('--merge', 'after the last share, make one model of all shares')
    .option('--resume', 'go on with this training where it was broken off, or begin it')
    .option('--wait', 'where another process trains the same model, wait until it ends')
    .option(
      '--unit <text>',
      'unit of the responses, which the card states, where it is not that of the dataset',
    )
    .option(
      '--degrees-per-image <degrees>',
      'width of an image, where it is known and not that of the dataset',
      degrees,
    )
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput', 'failed', 'interrupted'))
    .action(async (options: Options) => {
      findRecipe(options.recipe);
      checkClusterOptions(command, options.on);
      checkCombinations(options, command.getOptionValueSource('fit') === 'cli');
      if (options.on === undefined) {
        checkModelName(options.out);
        return await train(options, environment, machine);
      }
      if (options.on === 'kubernetes') {
        return console.log(
          writeManifest(trainingJobManifest(planTrainingJob(command, options))).trimEnd(),
        );
      }
      const say = (line: string) => void machine.stream.write(`${line}\n`);
      await submitTraining(command, options, { say, run });
    });
  return withClusterOptions(withDataOptions(command, []));
}

async function train(
  options: Options,
  environment: Readonly<Record<string, string | undefined>>,
  machine: Machine,
): Promise<void> {
  const shard = options.shard ?? shardOfJob(environment);
  if (options.merge && !shard) {
    throw new InputError('--merge is used without a share; expected --shard i/n');
  }
  const responses = chosenResponses(options);
  const { site, repeats, trainingTrials, ...known } = await openData(options, options);
  try {
    for (const warning of site.warnings) machine.stream.write(`warning: ${warning}\n`);
    const { epochs, members, neurons: ids, resume = false, wait = false } = options;
    const chunk = options.chunk === 'auto' ? undefined : options.chunk;
    const unit = options.unit ?? known.unit ?? 'as recorded';
    const degreesPerImage = options.degreesPerImage ?? known.degreesPerImage;
    const backend = await openTrainingBackend(options.backend);
    const from = await readWarmStart(options);
    const given = {
      epochs,
      responses,
      from,
      neurons: ids,
      unit,
      degreesPerImage,
      resume,
      wait,
      chunk,
      shard,
    };
    const request = { ...options, ...given, site, repeats, trainingTrials, backend };
    const { saved, neurons, seconds } = await trainModel(request, machine);
    for (const neuron of neurons) console.log(neuronLine(neuron, members === undefined));
    if (members !== undefined) for (const line of ensembleLines(saved.card)) console.log(line);
    console.log(`saved ${saved.folder} in ${seconds.toFixed(0)} s, digest ${saved.digest}`);
    if (shard && options.merge) await mergeLast(request, shard, machine);
  } finally {
    await site.close();
  }
}

/** @throws InputError where there is no such model */
async function readWarmStart({ from, fit, core }: Options): Promise<ModelRequest['from']> {
  if (core !== undefined) return warmStart(await findModel(core, '--core'), 'core', 'command');
  return from === undefined
    ? undefined
    : warmStart(await findModel(from, '--from'), fit, 'command');
}

async function mergeLast(request: ModelRequest, { of }: Shard, { stream }: Machine): Promise<void> {
  const say = (line: string) => void stream.write(`${line}\n`);
  const merged = await mergeWhenComplete(request, of, say);
  if (merged === undefined) return;
  const { folder, card, digest } = merged;
  console.log(`saved ${folder}, ${card.neurons.length} neurons, digest ${digest}`);
}

/** @param hasEpoch whether the weights are of one epoch; an ensemble has those of several */
function neuronLine(
  { id, CORR, PT_J, PT_S, keptEpoch, stopped }: TrainedNeuron,
  hasEpoch: boolean,
): string {
  const fit = `CORR ${figure(CORR)}  PT_J ${figure(PT_J)}  PT_S ${figure(PT_S)}`;
  if (!hasEpoch) return `neuron ${id}: ${fit}`;
  const kept = keptEpoch === null ? 'no epoch' : `epoch ${keptEpoch}`;
  const end = stopped ? `; stopped after epoch ${stopped.epoch}: ${stopped.reason}` : '';
  return `neuron ${id}: ${fit}  (${kept}${end})`;
}
