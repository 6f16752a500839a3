import { Command, Option } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import type { Channels } from '../../src/formats/channels.js';
import { ModelCard } from '../../src/models/card.js';
import { type SavedModel, saveModel } from '../../src/models/saved-model.js';
import { DESIGN_NAMES, DESIGNS, type DesignName } from '../../src/network/architectures/designs.js';
import { openBackend } from '../../src/network/backends/open.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import { goldenCard } from '../model/golden.js';
import { withLock } from '../run/lock.js';
import { checkModelName, wholeNumber } from '../run/options.js';
import { BACKGROUND, IMAGE_PIXELS, IMAGE_SIDE } from '../synthetic/images.js';
import { sourceOf } from '../synthetic/population.js';
import { randomParameters } from './random-parameters.js';

interface Options {
  readonly architecture: DesignName;
  readonly neurons: number;
  readonly out: string;
  readonly seed: number;
  readonly colour?: boolean;
}

/** Images whose responses the card keeps. */
const GOLDEN_STIMULI = 4;

/** `make-model`: makes a model of any size to measure the service with. */
export function createMakeModelCommand(): Command {
  return new Command('make-model')
    .description('makes a model of random parameters, as large as you like, for measurements')
    .addOption(
      new Option('--architecture <name>', 'of the networks')
        .choices(DESIGN_NAMES)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'models/x makes the next version of the model x')
    .option('--neurons <count>', 'number of neurons', wholeNumber(1, 10_000), 300)
    .option('--seed <number>', 'the same seed makes the same model', wholeNumber(0, 2 ** 32), 1)
    .option('--colour', 'a model of colour images')
    .allowExcessArguments(false)
    .action(async (options: Options) => {
      checkModelName(options.out);
      await openBackend('auto');
      const { folder, digest } = await withLock(options.out, console.error, () =>
        makeModel(options),
      );
      console.log(`saved ${folder}, digest ${digest}`);
    });
}

/** Needs an open backend, for the golden responses. */
export async function makeModel(options: Options): Promise<SavedModel> {
  const { architecture: id, seed, out, colour = false } = options;
  const architecture = DESIGNS[id].network;
  const neurons = Array.from({ length: options.neurons }, (_, i) => i);
  const stimulus = {
    height: IMAGE_SIDE,
    width: IMAGE_SIDE,
    channels: colour ? (3 as const) : (1 as const),
    scale: 1,
    offset: 0,
    backgroundGray: BACKGROUND,
    degreesPerImage: null,
    trainingRange: null,
  };
  const weights = randomParameters(architecture, stimulus, neurons, seed);
  const networks = { ...stimulus, architecture, weights, neurons };
  const measured = { CORR: null, PT_J: null, PT_S: null, noiseCeiling: null, keptEpoch: null };
  const card = {
    architecture: ModelCard.shape.architecture.parse({ id, ...architecture }),
    stimulus,
    response: { unit: 'none' },
    neurons: neurons.map((neuron) => ({ id: neuron, ...measured })),
    training: { madeUp: 'untrained' as const, seed, codeVersion: packageFile.version },
    golden: await goldenCard(networks, scenes(seed, stimulus.channels)),
  };
  return await saveModel(out, card, weights);
}

function scenes(seed: number, channels: Channels): Stimuli {
  const draw = sourceOf(channels === 3);
  const size = IMAGE_PIXELS * channels;
  const pixels = new Float32Array(GOLDEN_STIMULI * size);
  for (let i = 0; i < GOLDEN_STIMULI; i++) {
    pixels.set(
      Float32Array.from(draw(seed, 'validation', i), (value) => value / 255),
      i * size,
    );
  }
  return {
    count: GOLDEN_STIMULI,
    height: IMAGE_SIDE,
    width: IMAGE_SIDE,
    channels,
    pixels,
  };
}
