// Measures a rig's day: `npm run bench:rig`. A rig in Python sends 60 images a second through one stream for 30
// minutes, while the same service characterizes neurons and trains models. A short session with no jobs comes first.
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { availableParallelism, cpus, homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { openBackend } from '../src/network/backends/open.js';
import { makeModel } from '../training/random-model/random-model-command.js';
import { wholeNumber } from '../training/run/options.js';
import { keepRunning } from './rig/jobs.js';
import { memoryRows, watchMemory } from './rig/memory.js';
import { describeSlowest, plainRow, sessionRows } from './rig/report.js';
import { runSession, type Session } from './rig/session.js';
import { startService } from './running-service.js';
import { printTable } from './table.js';
import { makeDataset, synthesizeSession } from './trials/session.js';

interface Options {
  readonly minutes: number;
  readonly quiet: number;
  readonly rate: number;
  readonly neurons: number;
  readonly python: string;
}

/** The model of the rig. */
const SITE = 'site';

await runCommand(
  new Command('bench:rig')
    .description('measures a long session of a rig while jobs run')
    .option('--minutes <count>', 'of the session with jobs', wholeNumber(1, 1440), 30)
    .option('--quiet <count>', 'minutes of the session without jobs', wholeNumber(1, 1440), 2)
    .option('--rate <count>', 'images a second', wholeNumber(1, 1000), 60)
    .option('--neurons <count>', 'of the model', wholeNumber(16, 10_000), 300)
    .option(
      '--python <file>',
      'a Python with numpy and websockets',
      path.join(homedir(), '.cache/hypercolumn/python_client/bin/python'),
    )
    .allowExcessArguments(false)
    .action(bench),
);

async function bench({ minutes, quiet, rate, neurons, python }: Options): Promise<void> {
  console.log(`${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}`);
  console.log(
    `shared_core of ${neurons} neurons, ${rate} images/s; delays are from when an image is due\n`,
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-rig-'));
  try {
    const { service, dataset } = await startLab(folder, neurons);
    const look = async (length: number): Promise<Session> => {
      const request = { python, url: service.url, model: SITE, rate, seconds: 60 * length };
      const session = await runSession(request);
      console.error(`the slowest answers:\n${describeSlowest(session)}`);
      return session;
    };
    const idle = async () => sessionRows(await look(quiet), `${quiet} min, no jobs`, rate);
    const busy = async () => {
      const jobs = keepRunning(service.url, [
        { place: `/v1/models/${SITE}/characterize`, request: { neurons: '0-15' } },
        {
          place: `/v1/datasets/${dataset}/train`,
          request: { name: 'trained', recipe: 'shared_core', epochs: 100 },
        },
      ]);
      const memory = watchMemory(service.pid);
      const session = await Promise.race([look(minutes), jobs.failure]);
      const rows = memoryRows(await memory.stop(), session.resident);
      await jobs.stop();
      const when = `${minutes} min, characterize and train`;
      const ended = jobs.finished.join(' and ');
      return [
        ...sessionRows(session, when, rate),
        ...rows,
        plainRow('characterizations and trainings that ended', ended),
      ];
    };
    try {
      await printTable([idle, busy], undefined);
    } finally {
      await service.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts a service with the model of a rig and a dataset to train from. */
async function startLab(folder: string, neurons: number) {
  const [MODELS_DIR, DATA_DIR] = [path.join(folder, 'models'), path.join(folder, 'data')];
  await openBackend('wasm');
  const out = path.join(MODELS_DIR, SITE);
  await makeModel({ architecture: 'shared_core', neurons, seed: 1, out });
  const { digest } = await makeDataset(path.join(folder, 'new'), synthesizeSession());
  await mkdir(path.join(DATA_DIR, 'datasets'), { recursive: true });
  await rename(path.join(folder, 'new'), path.join(DATA_DIR, 'datasets', digest));
  const settings = { ALLOW_TRAINING: '1', JOBS_AT_ONCE: '2', CACHE_CAPACITY: '0' };
  return { service: await startService({ ...settings, MODELS_DIR, DATA_DIR }), dataset: digest };
}
