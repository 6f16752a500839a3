// Counts the programs, bytes and operations of training and serving on WebGPU, and prints the least time that a card
// takes for each of them: node dist/bench/gpu/roofline.js. It needs a WebGPU adapter, which may be a program on the CPU:
// nothing is run.
import { Command } from 'commander';
import { runCommand } from '../../src/cli/run-command.js';
import { respondAlone } from '../../src/inference/tfjs/respond-alone.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import { type Backend, openBackend } from '../../src/network/backends/open.js';
import { toDevice } from '../../src/network/device.js';
import { multiplications } from '../../src/network/multiplications.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { randomStream } from '../../src/network/random.js';
import { chunkFor, currentMemory, splitIntoChunks } from '../../training/run/chunk.js';
import { wholeNumber } from '../../training/run/options.js';
import { trainingOperations } from '../operations.js';
import { createTrainingPopulation } from '../training-population.js';
import { type Count, type Counted, countPrograms } from './count-programs.js';

const SIZE = 50;
const BATCH = 50;

interface Options {
  readonly neurons: number;
  readonly architectures: string;
  /** TFLOP/s, TB/s, microseconds, GB, GB */
  readonly peak: number;
  readonly bandwidth: number;
  readonly launch: number;
  readonly memory: number;
  readonly tensor: number;
  readonly kinds: number;
}

await runCommand(
  new Command('roofline')
    .description('counts the WebGPU programs of training and serving, and what bounds them')
    .option('--neurons <count>', 'networks', wholeNumber(1, 10_000), 300)
    .option('--architectures <list>', 'separated by commas', 'ff_cnn,ff_sa_cnn,rf_cnn')
    .option('--peak <number>', 'TFLOP/s of the card in float32', Number, 67)
    .option('--bandwidth <number>', 'TB/s of its memory', Number, 4.8)
    .option('--launch <number>', 'microseconds that a program takes to start', Number, 7.5)
    .option('--memory <number>', 'GB of the card', Number, 141)
    .option('--tensor <number>', 'GB that a tensor may have', Number, 2)
    .option('--kinds <count>', 'of programs that are listed', wholeNumber(0, 100), 6)
    .action(count),
);

async function count(options: Options): Promise<void> {
  const opened = await openBackend('webgpu');
  const backend = { ...opened, largestTensor: options.tensor * 2 ** 30 };
  console.log(
    `A card of ${options.peak} TFLOP/s and ${options.bandwidth} TB/s, ${options.launch} us a program: at least the ` +
      'greatest of\nthe three times. Useful operations are those of convolutions and matrix products.\n\n' +
      '| | programs | waits | GB | GFLOP | useful | compute, ms | memory, ms | launches, ms |\n' +
      '|---|---|---|---|---|---|---|---|---|',
  );
  for (const id of options.architectures.split(',').map((name) => ArchitectureId.parse(name))) {
    const network = ARCHITECTURES[id].network;
    const useful = BATCH * options.neurons * trainingOperations(network, SIZE, SIZE);
    const step = await countTraining(backend, id, options);
    print(`training step, ${id}, ${BATCH} images`, step, useful, options);
    const { each } = multiplications(network, { height: SIZE, width: SIZE });
    for (const images of [1, 1000]) {
      const served = await countServing(backend, id, images, options);
      print(
        `serving, ${id}, ${images} images`,
        served,
        2 * each * options.neurons * images,
        options,
      );
    }
  }
  process.exit(0); // the driver keeps threads
}

async function countTraining(backend: Backend, id: ArchitectureId, options: Options) {
  const memory = { ...currentMemory(), gpu: () => 1e9 * options.memory };
  const chunk = chunkFor(backend, BATCH, SIZE * SIZE, memory);
  const all = Array.from({ length: options.neurons }, (_, i) => i);
  const populations = splitIntoChunks(all, chunk).map((part) =>
    createTrainingPopulation(id, part.length, BATCH),
  );
  return await countPrograms(async () => {
    for (const population of populations) await population.step();
  });
}

async function countServing(
  backend: Backend,
  id: ArchitectureId,
  images: number,
  { neurons }: Options,
) {
  const architecture = ARCHITECTURES[id].network;
  const specifications = parameterSpecifications(architecture, { height: SIZE, width: SIZE });
  const all = Int32Array.from({ length: neurons }, (_, i) => i);
  const parameters = toDevice(initialParameters(specifications, [...all], 1));
  const random = randomStream(1, 'stimuli');
  const pixels = Float32Array.from({ length: images * SIZE * SIZE }, () => random.uniform());
  const stimuli = { count: images, height: SIZE, width: SIZE, channels: 1 as const, pixels };
  const served = { architecture, scale: 1, offset: 0, parameters };
  return await countPrograms(() => respondAlone(backend, served, stimuli, all));
}

/** A row of the table for all programs, and one for each kind of those that move most bytes. */
function print(what: string, { kinds, waits }: Count, useful: number, options: Options): void {
  const sum = (key: 'programs' | 'read' | 'written' | 'operations') =>
    kinds.reduce((total, kind) => total + kind[key], 0);
  const all = {
    programs: sum('programs'),
    read: sum('read'),
    written: sum('written'),
    operations: sum('operations'),
  };
  console.log(row(what, all, options, [String(waits), (useful / 1e9).toFixed(1)]));
  for (const kind of kinds.slice(0, options.kinds)) {
    console.log(row(`- ${kind.name}`, kind, options, ['', '']));
  }
}

function row(
  name: string,
  { programs, read, written, operations }: Omit<Counted, 'name'>,
  { peak, bandwidth, launch }: Options,
  [waits, useful]: readonly [string, string],
): string {
  const bytes = read + written;
  const times = [
    operations / (1e9 * peak),
    bytes / (1e9 * bandwidth),
    (programs * launch) / 1e3,
  ].map((milliseconds) => milliseconds.toFixed(2));
  const counts = [(bytes / 1e9).toFixed(2), (operations / 1e9).toFixed(1)];
  return `| ${[name, programs, waits, ...counts, useful, ...times].join(' | ')} |`;
}
