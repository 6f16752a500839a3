// Measures what grows past one machine, with real programs on this one: `npm run bench:scale`. It needs
// redis-server, haproxy and taskset. Clients run on the same cores as all else.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { openBackend } from '../src/network/backends/open.js';
import { makeModel } from '../training/random-model/random-model-command.js';
import { wholeNumber } from '../training/run/options.js';
import { measureCapacity } from './scale/capacity.js';
import { measureColdLoads } from './scale/cold-loads.js';
import type { ScaleConfig } from './scale/config.js';
import { measureLostWorker } from './scale/lost-worker.js';
import { measureManyModels } from './scale/many-models.js';
import { measurePredictions } from './scale/predictions.js';
import { measureReplicas } from './scale/replicas.js';
import { measureRestarts } from './scale/restarts.js';
import { chooseParts, type Part, printTable } from './table.js';

const PARTS: Readonly<Record<string, Part<ScaleConfig>>> = {
  replicas: measureReplicas,
  restarts: measureRestarts,
  'lost-worker': measureLostWorker,
  predictions: measurePredictions,
  capacity: measureCapacity,
  'many-models': measureManyModels,
  'cold-loads': measureColdLoads,
};

interface Options {
  readonly parts: string;
  readonly neurons: number;
  readonly rounds: number;
}

await runCommand(
  new Command('bench:scale')
    .description('times replicas, restarts and workers, with Redis and HAProxy on this machine')
    .option('--parts <list>', 'to measure, separated by commas', Object.keys(PARTS).join(','))
    .option('--neurons <count>', 'of the large site', wholeNumber(8, 10_000), 300)
    .option('--rounds <count>', 'of turns, restarts and kills', wholeNumber(1, 1000), 3)
    .action(bench),
);

async function bench({ parts, neurons, rounds }: Options): Promise<void> {
  const chosen = chooseParts(PARTS, parts);
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-scale-'));
  try {
    const models = path.join(folder, 'models');
    await openBackend('wasm');
    await cp('models/demo', path.join(models, 'demo'), { recursive: true });
    await makeModel({
      ...{ architecture: 'ff_cnn', neurons, seed: 1 },
      out: path.join(models, 'site'),
    });
    console.log(`${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}\n`);
    await printTable(chosen, { neurons, rounds, folder, models });
  } finally {
    await rm(folder, { recursive: true });
  }
}
