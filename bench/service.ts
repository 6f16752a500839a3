// Measures how fast the service answers, compared with a bare session of onnxruntime and the published
// networks in PyTorch behind a plain HTTP server: `npm run bench`. The contenders are interleaved in one run,
// so that a noisy machine affects all of them; models have random parameters.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import type { ArchitectureId } from '../src/network/architectures/index.js';
import { openBackend } from '../src/network/backends/open.js';
import { makeModel } from '../training/random-model/random-model-command.js';
import { wholeNumber } from '../training/run/options.js';
import { pythonOption } from './contender.js';
import type { Config } from './service/config.js';
import { measureCrash } from './service/crash.js';
import { measureFirst, measureFits, measureSmall } from './service/demo.js';
import { measureEventLoop } from './service/event-loop.js';
import { measureJobs } from './service/jobs.js';
import { measureLoading } from './service/loading.js';
import { measureOneAtATime } from './service/one-at-a-time.js';
import { measureOverhead } from './service/overhead.js';
import { measurePath } from './service/path.js';
import { measureStart } from './service/start.js';
import { measureSweep } from './service/sweep.js';
import { measureThroughput } from './service/throughput.js';
import { chooseParts, type Part, printTable } from './table.js';

const PARTS: Readonly<Record<string, Part<Config>>> = {
  ff_cnn: (config) => measureOneAtATime('ff_cnn', { milliseconds: 10, published: 14 }, config),
  ff_sa_cnn: (config) => measureOneAtATime('ff_sa_cnn', { published: 4 }, config),
  rf_cnn: (config) => measureOneAtATime('rf_cnn', { milliseconds: 1.3, published: 50 }, config),
  small: measureSmall,
  path: measurePath,
  first: measureFirst,
  fits: measureFits,
  throughput: measureThroughput,
  overhead: measureOverhead,
  start: measureStart,
  loading: measureLoading,
  loop: measureEventLoop,
  crash: measureCrash,
  sweep: measureSweep,
  jobs: measureJobs,
};

const MODELS: readonly ArchitectureId[] = ['ff_cnn', 'ff_sa_cnn', 'rf_cnn'];

interface Options extends Omit<Config, 'folder'> {
  readonly parts: string;
}

await runCommand(
  new Command('bench')
    .description('times the service over HTTP, and next to it a bare session and PyTorch')
    .option('--parts <list>', 'to measure, separated by commas', Object.keys(PARTS).join(','))
    .option('--neurons <count>', 'of the sites', wholeNumber(8, 10_000), 300)
    .option('--rounds <count>', 'of turns', wholeNumber(1, 10_000), 15)
    .option('--images <count>', 'of the sweep', wholeNumber(1, 10_000), 1000)
    .option('--threads <count>', 'that compute', wholeNumber(1, 1024), availableParallelism())
    .addOption(pythonOption())
    .action(bench),
);

async function bench({ parts, ...options }: Options): Promise<void> {
  const chosen = chooseParts(PARTS, parts);
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-bench-'));
  try {
    await openBackend('wasm');
    for (const architecture of MODELS) {
      const out = path.join(folder, architecture, architecture);
      await makeModel({ architecture, neurons: options.neurons, out, seed: 1 });
    }
    console.log(`${options.threads} threads on ${cpus()[0]?.model}, Node ${process.version}\n`);
    await printTable(chosen, { ...options, folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}
