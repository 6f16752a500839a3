import { Command, InvalidArgumentError, Option } from 'commander';
import { createCountProgress } from '../../src/count-progress.js';
import { InputError } from '../../src/errors.js';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { counted } from '../../src/formats/counted.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import type { BackendName } from '../../src/network/backends/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { channelsOf, type StimulusSize } from '../../src/network/stimulus-size.js';
import { type DataOptions, withDataOptions } from '../data/data-rules.js';
import type { Site } from '../data/site.js';
import { type OpenedData, openData } from '../dataset/open-data.js';
import { backendOption, siteOption } from '../run/common-options.js';
import { withLock } from '../run/lock.js';
import { checkModelName, degrees, figure } from '../run/options.js';
import { readPytorch, readSafetensorsFiles } from './checkpoints.js';
import { importModel } from './import-model.js';
import { importOnnx } from './import-onnx.js';
import { readPopulation } from './population.js';

interface Options extends DataOptions {
  readonly pytorch?: string;
  readonly safetensors?: string;
  readonly onnx?: string;
  readonly gradient?: string;
  readonly card?: string;
  readonly architecture?: ArchitectureId;
  readonly out: string;
  readonly data?: string;
  readonly site?: string;
  readonly stimulus: StimulusSize;
  readonly backgroundGray: number;
  readonly scale: number;
  readonly offset: number;
  readonly degreesPerImage?: number;
  readonly unit?: string;
  readonly backend: BackendName | 'auto';
}

/** `import`: makes a saved model of networks that the published PyTorch code trained. */
export function createImportCommand(): Command {
  const command = new Command('import')
    .description(
      'makes a model of networks that the published PyTorch code trained, or of any network as an .onnx file',
    )
    .addOption(
      new Option('--pytorch <folder>', 'where neuron_{i}.pth are, one state dict each').conflicts(
        'safetensors',
      ),
    )
    .option(
      '--safetensors <place>',
      'where neuron_{i}.safetensors are, or one file whose names begin with neuron_{i}.',
    )
    .addOption(
      new Option(
        '--onnx <file>',
        'a network: images in, the responses of all neurons out',
      ).conflicts([
        'pytorch',
        'safetensors',
        'architecture',
        'data',
        'site',
        'scale',
        'offset',
        'unit',
        'degreesPerImage',
        'stimulus',
        'backgroundGray',
      ]),
    )
    .option('--gradient <file>', 'the gradient of the network of --onnx, as an .onnx file')
    .option('--card <file>', 'what is known of the network of --onnx: JSON, see docs/import.md')
    .addOption(
      new Option('--architecture <name>', 'of the networks of --pytorch or --safetensors').choices(
        ArchitectureId.options,
      ),
    )
    .requiredOption('--out <folder>', 'models/x makes the next version of the model x')
    .option(
      '--data <folder>',
      'for CORR and the range: a dataset that ingest made; with --site, where train_img_{site}.npy and its companions are',
    )
    .addOption(siteOption())
    .addOption(
      new Option('--stimulus <HxW>', 'pixels of a stimulus, HxWx3 in colour, without --data')
        .argParser(stimulusSize)
        .default({ height: 50, width: 50 }, '50x50')
        .conflicts('data'),
    )
    .addOption(
      new Option('--background-gray <gray>', 'mean gray of the stimuli, 0 to 1, without --data')
        .argParser(gray)
        .default(0.5)
        .conflicts('data'),
    )
    .option(
      '--scale <factor>',
      'the networks were given pixels (0 to 1) * scale + offset: 255 for raw 0 to 255',
      factor,
      1,
    )
    .option('--offset <number>', 'see --scale', finite, 0)
    .option(
      '--degrees-per-image <degrees>',
      'width of an image, where it is known; default: that of the dataset',
      degrees,
    )
    .option('--unit <text>', 'of the responses; default: that of the dataset, else as recorded')
    .addOption(backendOption())
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput'))
    .action(runImport);
  return withDataOptions(command, ['allowBlank']);
}

async function runImport(options: Options): Promise<void> {
  checkModelName(options.out);
  const { onnx, gradient, card, out } = options;
  if (onnx !== undefined) return await importOnnx({ onnx, gradient, card, out });
  if (card !== undefined || gradient !== undefined) {
    throw new InputError('--card and --gradient need --onnx <file>, the network');
  }
  const { architecture, scale, offset, backgroundGray } = options;
  if (architecture === undefined) {
    throw new InputError(
      `say what the networks are: --architecture <${ArchitectureId.options.join('|')}>`,
    );
  }
  const { importedFrom, checkpoints } = chooseSource(options);
  const opened = await openChosen(options);
  const site = opened?.site;
  const degreesPerImage = options.degreesPerImage ?? opened?.degreesPerImage ?? null;
  const unit = options.unit ?? opened?.unit ?? 'as recorded';
  try {
    for (const warning of site?.warnings ?? []) console.error(`warning: ${warning}`);
    const { height, width, ...rest } = site?.validation ?? options.stimulus;
    const channels = channelsOf(rest);
    const population = await readPopulation(checkpoints, architecture, {
      ...{ height, width, channels },
    });
    const { neurons } = population;
    console.error(
      `${counted(neurons.length, 'neuron')}, ${span(neurons)}; ` +
        `${architecture} with ${population.architecture.channels} channels`,
    );
    if (site) checkColumns(neurons, site);
    const backend = await openBackend(options.backend);
    if (site) {
      console.error(
        `measuring on ${counted(site.validation.count, 'validation image')}, ` +
          `on ${backend.name} (${backend.device})`,
      );
    }
    const stimulus = { height, width, channels, scale, offset, backgroundGray, degreesPerImage };
    const progress = createCountProgress('responses', process.stderr);
    const request = { ...options, architecture, unit, population, importedFrom, stimulus, site };
    const imported = await withLock(options.out, console.error, () =>
      importModel(request, progress.report),
    ).finally(progress.stop);
    if (site) {
      for (const { id, CORR, PT_J, PT_S } of imported.neurons) {
        console.log(
          `neuron ${id}: CORR ${figure(CORR)}  PT_J ${figure(PT_J)}  PT_S ${figure(PT_S)}`,
        );
      }
    }
    console.log(`saved ${imported.saved.folder}, digest ${imported.saved.digest}`);
  } finally {
    await site?.close();
  }
}

function chooseSource({ pytorch, safetensors }: Options) {
  if (pytorch !== undefined) {
    return { importedFrom: 'pytorch', checkpoints: readPytorch(pytorch) } as const;
  }
  if (safetensors !== undefined) {
    return { importedFrom: 'safetensors', checkpoints: readSafetensorsFiles(safetensors) } as const;
  }
  throw new InputError(
    'say where the networks are: --pytorch <folder>, --safetensors <place> or --onnx <file>',
  );
}

async function openChosen({
  data,
  site,
  ...rules
}: Options): Promise<OpenedData<Site> | undefined> {
  if (data === undefined && site === undefined) return undefined;
  if (data === undefined) throw new InputError('--site needs --data <folder>, where its files are');
  // a blank image cannot be learned from, but it has responses all the same
  return await openData({ data, site }, { ...rules, allowBlank: true });
}

/** @throws InputError when a neuron is none of the site's */
function checkColumns(neurons: readonly number[], { name, validation }: Site): void {
  const unknown = neurons.find((neuron) => neuron >= validation.neurons);
  if (unknown === undefined) return;
  throw new InputError(
    `neuron ${unknown} is no neuron of the site ${name}, which has ` +
      `${counted(validation.neurons, 'neuron')}, 0 to ${validation.neurons - 1}`,
  );
}

/** `0 to 301, without 5 and 2 more` */
function span(neurons: readonly number[]): string {
  const [first = 0, last = first] = [neurons[0], neurons.at(-1)];
  const present = new Set(neurons);
  const range = first === last ? `${first}` : `${first} to ${last}`;
  const missing = last - first + 1 - neurons.length;
  if (missing === 0) return range;
  let gap = first;
  while (present.has(gap)) gap++;
  return `${range}, without ${gap}${missing > 1 ? ` and ${missing - 1} more` : ''}`;
}

function stimulusSize(text: string): StimulusSize {
  const [, height, width, colour] = /^(\d{1,4})x(\d{1,4})(x3)?$/.exec(text) ?? [];
  if (height === undefined || width === undefined) {
    throw new InvalidArgumentError(
      'It must be height x width in pixels, such as 50x50, or 50x50x3 in colour.',
    );
  }
  return { height: Number(height), width: Number(width), channels: colour ? 3 : 1 };
}

function gray(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('It must be from 0 (black) to 1 (white).');
  }
  return value;
}

function finite(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new InvalidArgumentError('It must be a number.');
  }
  return value;
}

function factor(text: string): number {
  if (finite(text) === 0) throw new InvalidArgumentError('It must not be 0.');
  return finite(text);
}
