// Measures how fast each backend trains, compared with the published code: `npm run bench:train`.
// PyTorch trains the same networks one after the other. All are interleaved in one run, step by step, so that a
// noisy machine affects all of them.
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { ArchitectureId } from '../src/network/architectures/id.js';
import { ARCHITECTURES } from '../src/network/architectures/index.js';
import { BACKEND_NAMES } from '../src/network/backends/index.js';
import { parseList, wholeNumber } from '../training/run/options.js';
import {
  type Contender,
  PYTORCH,
  pythonOption,
  startContender,
  startPyTorch,
} from './contender.js';
import { median } from './figures.js';
import { trainingOperations } from './operations.js';

const BATCH = 50;
const SIZE = 50;
const DEVICE_WIDTH = 67;
/** Backends with the kernels in C, and with tfjs alone. */
const CONTENDERS = [...BACKEND_NAMES.flatMap((name) => [name, `${name}:tfjs`]), PYTORCH];
/** What contenders are to reach on each architecture; those of a backend compute with the kernels. */
const GOALS = [
  { contender: 'tensorflow', ofPyTorch: 2, ofPeak: 0.5 },
  { contender: 'wasm', ofPyTorch: 0.5, ofPeak: 0 },
] as const;

interface Options {
  readonly neurons: number;
  readonly steps: number;
  readonly architectures: readonly ArchitectureId[];
  readonly contenders: readonly string[];
  readonly python: string;
}

await runCommand(
  new Command('bench:train')
    .description('times training steps on each backend, and in PyTorch, side by side')
    .option('--neurons <count>', 'trained together', wholeNumber(1, 1000), 16)
    .option('--steps <count>', 'of which the median is taken', wholeNumber(1, 1000), 9)
    .option(
      '--architectures <list>',
      `separated by commas, of ${ArchitectureId.options.join(', ')}`,
      parseList(ArchitectureId.options),
      ['ff_cnn', 'ff_sa_cnn'],
    )
    .option(
      '--contenders <list>',
      `separated by commas, of ${CONTENDERS.join(', ')}`,
      parseList(CONTENDERS),
      [...['tensorflow', 'tensorflow:tfjs', 'wasm', 'wasm:tfjs'], PYTORCH],
    )
    .addOption(pythonOption())
    .allowExcessArguments(false)
    .action(bench),
);

async function bench(options: Options): Promise<void> {
  console.log(
    `architecture  ${'contender'.padEnd(DEVICE_WIDTH + 2)}neuron-images/s  of PyTorch  GFLOP/s  of peak  to reach`,
  );
  const load = loadavg()[0]!;
  if (load >= 1) {
    // Threads of PyTorch wait awake for each other: with other programs on its cores it is up to ten times as slow.
    console.error(
      `load ${load.toFixed(1)} in the last minute: other programs slow PyTorch most; expected a machine at rest`,
    );
  }
  const absent = new Set<string>();
  for (const id of options.architectures) {
    const contenders = await startAll(id, options, absent);
    if (contenders.length === 0) continue;
    const times = new Map(contenders.map((contender) => [contender, [] as number[]]));
    const peaks: number[] = [];
    for (let step = 0; step < options.steps; step++) {
      for (const [contender, latencies] of times) {
        latencies.push(await contender.send('step'));
        peaks.push(await contender.send('peak'));
      }
    }
    report(id, times, median(peaks.toSorted((a, b) => b - a).slice(0, options.steps)), options);
    for (const contender of contenders) await contender.stop();
  }
}

interface NamedContender extends Contender {
  readonly name: string;
}

/** @param absent backends that do not run here, which are named once; more are added */
async function startAll(
  id: ArchitectureId,
  options: Options,
  absent: Set<string>,
): Promise<NamedContender[]> {
  const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  const counts = [options.neurons, BATCH];
  const started: NamedContender[] = [];
  for (const name of options.contenders) {
    const backend = backendOf(name);
    if (absent.has(backend)) continue;
    const others = options.contenders.filter((each) => backendOf(each) !== backend);
    const args = [name, id, ...counts.map(String)];
    const contender = await (name === PYTORCH
      ? startPyTorch(options.python, 'training_step.py', id, [...counts, availableParallelism()])
      : startContender(
          backend,
          process.execPath,
          [here('training-worker.js'), ...args],
          others.length === 0 ? '' : `, --contenders ${others.join(',')} leaves it out`,
        ));
    if (contender) started.push({ ...contender, name });
    else if (name !== PYTORCH) absent.add(backend);
  }
  return started;
}

function backendOf(contender: string): string {
  return contender.split(':', 1)[0]!;
}

/** @param peak GFLOP/s of the fastest matrix product here */
function report(
  id: ArchitectureId,
  times: ReadonlyMap<NamedContender, number[]>,
  peak: number,
  { neurons }: Options,
): void {
  const operations = trainingOperations(ARCHITECTURES[id].network, SIZE, SIZE);
  const rates = [...times].map(([{ name, device }, latencies]) => ({
    name,
    device,
    rate: (1000 * BATCH * neurons) / median(latencies),
  }));
  const published = rates.find(({ device }) => device.startsWith('PyTorch'))?.rate;
  for (const { name, device, rate } of rates) {
    const speed = (rate * operations) / 1e9;
    const figures = [
      id.padEnd(14),
      device.padEnd(DEVICE_WIDTH),
      rate.toFixed(0).padStart(17),
      (published === undefined ? '-' : (rate / published).toFixed(2)).padStart(12),
      speed.toFixed(0).padStart(9),
      `${((100 * speed) / peak).toFixed(0)} %`.padStart(9),
    ];
    const goal = GOALS.find(({ contender }) => contender === name);
    if (goal && published !== undefined) {
      const isMet = rate >= goal.ofPyTorch * published && speed >= goal.ofPeak * peak;
      figures.push(`  ${goalText(goal)}: ${isMet ? 'yes' : 'no'}`);
    }
    console.log(figures.join(''));
  }
  console.log(`${id.padEnd(14)}matrix product of 2048x2048: ${peak.toFixed(0)} GFLOP/s`);
}

function goalText({ ofPyTorch, ofPeak }: (typeof GOALS)[number]): string {
  const speedup = `at least ${ofPyTorch} x PyTorch`;
  return ofPeak > 0 ? `${speedup}, ${100 * ofPeak} % of the peak` : speedup;
}
