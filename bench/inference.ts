// Measures how fast responses are computed, compared with the published code: `npm run bench:inference`.
// The onnx engine, onnxruntime on several graphs, the kernels as WebAssembly, and PyTorch, network after network,
// are interleaved in one run, so that a noisy machine affects all of them. `--engines` names those of
// bench/inference/engines.ts, and PyTorch; the last column is their greatest difference from the card's responses.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { DESIGN_NAMES, DESIGNS, type DesignName } from '../src/network/architectures/designs.js';
import { openBackend } from '../src/network/backends/open.js';
import { multiplications } from '../src/network/multiplications.js';
import { makeModel } from '../training/random-model/random-model-command.js';
import { parseList, wholeNumber } from '../training/run/options.js';
import {
  type Contender,
  PYTORCH,
  pythonOption,
  startContender,
  startPyTorch,
} from './contender.js';
import { median } from './figures.js';
import { compileWasm, isWasmVectors, WASM_VECTORS } from './inference/compile-wasm.js';
import { ENGINE_NAMES } from './inference/engines.js';

/** Of the rows. */
const HEADINGS =
  `  ${'what'.padEnd(9)} ${'engine'.padEnd(28)}${'median (least), ms'.padStart(18).padEnd(22)}` +
  'of PyTorch  of the peak  largest difference';

/** The measured requests, with their numbers of images and neurons. */
const REQUESTS = [
  { line: '1', what: '1 image', images: 1, whole: true },
  { line: '8', what: '8 images', images: 8, whole: true },
  { line: 'neuron', what: '1 neuron', images: 1, whole: false },
] as const;

/** Milliseconds after each turn: threads of onnxruntime wait awake for a while. */
const REST = 30;

const CONTENDERS = [...ENGINE_NAMES, PYTORCH] as const;
type ContenderName = (typeof CONTENDERS)[number];

interface Options {
  readonly neurons: number;
  readonly rounds: number;
  readonly architectures: readonly DesignName[];
  readonly threads: number;
  readonly engines: readonly ContenderName[];
  readonly python: string;
  readonly zig: string;
}

await runCommand(
  new Command('bench:inference')
    .description('times responses of engines, side by side')
    .option('--neurons <count>', 'of the site', wholeNumber(1, 10_000), 300)
    .option('--rounds <count>', 'of turns', wholeNumber(1, 10_000), 30)
    .option(
      '--architectures <list>',
      `separated by commas, of ${DESIGN_NAMES.join(', ')}`,
      parseList(DESIGN_NAMES),
      [...['ff_cnn', 'ff_sa_cnn', 'rf_cnn']],
    )
    .option('--threads <count>', 'that compute', wholeNumber(1, 1024), availableParallelism())
    .option(
      '--engines <list>',
      `separated by commas, of ${CONTENDERS.join(', ')}`,
      parseList(CONTENDERS),
      [...['engine', 'session'], PYTORCH],
    )
    .addOption(pythonOption())
    .option('--zig <file>', 'a Python with the package ziglang, for wasm', 'python3')
    .action(bench),
);

async function bench(options: Options): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-bench-'));
  await openBackend('wasm');
  console.log(
    `${options.neurons} neurons, ${options.threads} threads; milliseconds: median (least); of PyTorch\n` +
      'and of the peak by the medians; the largest difference from golden responses, of their range',
  );
  try {
    const starters = await listStarters(folder, options);
    for (const id of options.architectures) {
      await benchArchitecture(id, folder, starters, options);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Starts a contender on a model; undefined where it does not run. */
interface Starter {
  /** Whether it is bench/inference-worker.ts. */
  readonly isOwn: boolean;
  start(id: DesignName, model: string): Promise<Contender | undefined>;
}

/** Compiles what the engines need; an engine that this machine cannot run is left out. */
async function listStarters(folder: string, options: Options): Promise<Starter[]> {
  const { threads, neurons, python, zig } = options;
  const worker = fileURLToPath(new URL('inference-worker.js', import.meta.url));
  const own = (name: string, node: readonly string[] = [], more: readonly string[] = []) => ({
    isOwn: true,
    start: (_: DesignName, model: string) => {
      const args = [...node, worker, name, model, String(threads), ...more];
      return startContender(name, process.execPath, args);
    },
  });
  const starters: Starter[] = [];
  for (const name of options.engines) {
    if (name === PYTORCH) {
      const start = (id: DesignName) =>
        startPyTorch(python, 'inference.py', id, [neurons, threads]);
      starters.push({ isOwn: false, start });
    } else if (isWasmVectors(name)) {
      const file = await compileWasm(zig, name, folder);
      if (file !== undefined) starters.push(own(name, WASM_VECTORS[name].node, [file]));
    } else {
      starters.push(own(name));
    }
  }
  return starters;
}

async function benchArchitecture(
  id: DesignName,
  folder: string,
  starters: readonly Starter[],
  { neurons, rounds }: Options,
) {
  const saved = await makeModel({
    architecture: id,
    neurons,
    out: path.join(folder, id),
    seed: 1,
  });
  const times: Times[] = [];
  for (const { isOwn, start } of starters) {
    const contender = await start(id, saved.folder);
    if (contender === undefined) continue;
    const difference = isOwn ? await contender.send('golden') : undefined;
    times.push({ contender, isOwn, difference, latencies: REQUESTS.map(() => []) });
  }
  const own = times.find(({ isOwn }) => isOwn);
  const [peaks, bandwidths]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const { contender, latencies } of times) {
      for (const [request, { line }] of REQUESTS.entries()) {
        latencies[request]!.push(await contender.send(line));
        await pause(REST);
      }
    }
    if (own === undefined) continue;
    peaks.push(await own.contender.send('peak'));
    await pause(REST);
    bandwidths.push(await own.contender.send('bandwidth'));
    await pause(REST);
  }
  const peak = median(peaks);
  console.log(describeWork(id, neurons, peak));
  if (own !== undefined) {
    const each = {
      multiplications: await own.contender.send('multiplications'),
      bytes: await own.contender.send('bytes'),
    };
    if (each.bytes > 0)
      console.log(describeFloor(each, neurons, Math.max(...peaks), Math.max(...bandwidths)));
  }
  report(id, times, peak, neurons);
  for (const { contender } of times) await contender.stop();
}

interface Times {
  readonly contender: Contender;
  /** Whether it is bench/inference-worker.ts. */
  readonly isOwn: boolean;
  /** From the golden responses, as a share of their range. */
  readonly difference: number | undefined;
  /** Milliseconds by request. */
  readonly latencies: number[][];
}

/** Of an image, as direct sums. */
function operationsOf(id: DesignName, neurons: number): number {
  const { shared, each } = multiplications(DESIGNS[id].network, { height: 50, width: 50 });
  return 2 * (shared + each * neurons);
}

/** @param peak NaN where nothing measures it */
function describeWork(id: DesignName, neurons: number, peak: number): string {
  const gigaflop = (operationsOf(id, neurons) / 1e9).toFixed(2);
  const reached = `; a matrix product reaches ${peak.toFixed(0)} GFLOP/s`;
  return `\n${id}: ${gigaflop} GFLOP an image${Number.isNaN(peak) ? '' : reached}`;
}

/**
 * The least that an image can take the kernels, by the best turns: the products as they compute them, at the peak, and the
 * weights, once.
 * @param each of a neuron
 * @param peak GFLOP/s
 * @param bandwidth GB/s
 */
function describeFloor(
  each: { readonly multiplications: number; readonly bytes: number },
  neurons: number,
  peak: number,
  bandwidth: number,
): string {
  const gigaflop = (2 * each.multiplications * neurons) / 1e9;
  const megabytes = (each.bytes * neurons) / 1e6;
  return (
    `  as the kernels compute it, ${gigaflop.toFixed(2)} GFLOP: at least ${((1000 * gigaflop) / peak).toFixed(1)} ms; ` +
    `${megabytes.toFixed(0)} MB of weights at ${bandwidth.toFixed(0)} GB/s: at least ${(megabytes / bandwidth).toFixed(1)} ms`
  );
}

/** @param peak GFLOP/s of a matrix product of onnxruntime; NaN where nothing measures it */
function report(id: DesignName, times: readonly Times[], peak: number, neurons: number): void {
  const operations = (count: number) => operationsOf(id, count);
  const published = times.find(({ contender }) => contender.device.startsWith('PyTorch'));
  if (times.length > 0) console.log(HEADINGS);
  for (const [request, { what, images, whole }] of REQUESTS.entries()) {
    for (const { contender, latencies, difference } of times) {
      const own = latencies[request]!;
      const speed = (operations(whole ? neurons : 1) * images) / (1e6 * median(own));
      const ratio = published && median(published.latencies[request]!) / median(own);
      console.log(
        `  ${what.padEnd(9)} ${contender.device.padEnd(28)}` +
          `${median(own).toFixed(2).padStart(9)} (${Math.min(...own).toFixed(2)})`.padEnd(22) +
          (ratio === undefined ? '-' : `${ratio.toFixed(1)} x`).padStart(10) +
          (Number.isNaN(peak) ? '-' : `${((100 * speed) / peak).toFixed(0)} %`).padStart(13) +
          (difference === undefined ? '' : difference.toExponential(0).padStart(20)),
      );
    }
  }
}
