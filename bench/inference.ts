// Measures how fast responses are computed, compared with the published code: `npm run bench:inference`.
// The onnx engine, a bare session of onnxruntime on the exported graph, and PyTorch, network after network,
// are interleaved in one run, so that a noisy machine affects all of them.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { ARCHITECTURES, type ArchitectureId } from '../src/network/architectures/index.js';
import { openBackend } from '../src/network/backends/open.js';
import { multiplications } from '../src/network/multiplications.js';
import { makeModel } from '../training/random-model/random-model-command.js';
import { wholeNumber } from '../training/run/options.js';
import { type Contender, pythonOption, startContender } from './contender.js';
import { median } from './figures.js';

/** The measured requests, with their numbers of images and neurons. */
const REQUESTS = [
  { line: '1', what: '1 image', images: 1, whole: true },
  { line: '8', what: '8 images', images: 8, whole: true },
  { line: 'neuron', what: '1 neuron', images: 1, whole: false },
] as const;

/** Milliseconds after each turn: threads of onnxruntime wait awake for a while. */
const REST = 30;

interface Options {
  readonly neurons: number;
  readonly rounds: number;
  readonly architectures: string;
  readonly threads: number;
  readonly python: string;
}

await runCommand(
  new Command('bench:inference')
    .description('times responses: the onnx engine, a bare session, PyTorch, side by side')
    .option('--neurons <count>', 'of the site', wholeNumber(1, 10_000), 300)
    .option('--rounds <count>', 'of turns', wholeNumber(1, 10_000), 30)
    .option('--architectures <list>', 'separated by commas', 'ff_cnn,ff_sa_cnn,rf_cnn')
    .option('--threads <count>', 'that compute', wholeNumber(1, 1024), availableParallelism())
    .addOption(pythonOption())
    .action(bench),
);

async function bench(options: Options): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-bench-'));
  await openBackend('wasm');
  console.log(
    `${options.neurons} neurons, ${options.threads} threads; milliseconds: median (least); of PyTorch\n` +
      'and of the peak by the medians',
  );
  try {
    for (const id of options.architectures.split(',') as ArchitectureId[]) {
      await benchArchitecture(id, folder, options);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function benchArchitecture(id: ArchitectureId, folder: string, options: Options) {
  const { neurons, threads, rounds } = options;
  const out = path.join(folder, id);
  const saved = await makeModel({ architecture: id, neurons, out, seed: 1 });
  const worker = fileURLToPath(new URL('inference-worker.js', import.meta.url));
  const script = path.resolve('bench/pytorch/inference.py');
  const contenders = [
    await startContender(process.execPath, [worker, 'engine', saved.folder, String(threads)]),
    await startContender(process.execPath, [worker, 'session', saved.folder, String(threads)]),
    await startContender(options.python, [script, id, String(neurons), String(threads)]),
  ].filter((contender) => contender !== undefined);
  const times = contenders.map((contender) => ({
    contender,
    latencies: REQUESTS.map(() => [] as number[]),
  }));
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { contender, latencies } of times) {
      for (const [request, { line }] of REQUESTS.entries()) {
        latencies[request]!.push(await contender.send(line));
        await pause(REST);
      }
    }
    peaks.push(await contenders[0]!.send('peak'));
    await pause(REST);
  }
  report(id, times, median(peaks), neurons);
  for (const contender of contenders) await contender.stop();
}

interface Times {
  readonly contender: Contender;
  /** Milliseconds by request. */
  readonly latencies: readonly number[][];
}

/** @param peak GFLOP/s of a matrix product of onnxruntime */
function report(id: ArchitectureId, times: readonly Times[], peak: number, neurons: number): void {
  const { each } = multiplications(ARCHITECTURES[id].network, { height: 50, width: 50 });
  const operations = 2 * each;
  console.log(
    `\n${id}: ${((operations * neurons) / 1e9).toFixed(2)} GFLOP an image; a matrix product reaches ` +
      `${peak.toFixed(0)} GFLOP/s`,
  );
  const published = times.find(({ contender }) => contender.device.startsWith('PyTorch'));
  for (const [request, { what, images, whole }] of REQUESTS.entries()) {
    for (const { contender, latencies } of times) {
      const own = latencies[request]!;
      const speed = (operations * (whole ? neurons : 1) * images) / (1e6 * median(own));
      const ratio = published && median(published.latencies[request]!) / median(own);
      console.log(
        `  ${what.padEnd(9)} ${contender.device.padEnd(28)}` +
          `${median(own).toFixed(2).padStart(9)} (${Math.min(...own).toFixed(2)})`.padEnd(22) +
          `${ratio === undefined ? '-' : ratio.toFixed(1)} x`.padStart(9) +
          `${((100 * speed) / peak).toFixed(0)} %`.padStart(7),
      );
    }
  }
}
