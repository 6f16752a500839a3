// Takes recordings to served models over HTTP, as a stranger does: `npm run bench:recordings -- --data <folder>`. The
// folder has the recordings tang-v1 and v4-190923; Python (LABFILES_PYTHON) writes them as labs have them.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import type { IngestReport } from '../src/datasets/ingest-request.js';
import type { TrainReport } from '../src/datasets/train-request.js';
import { wholeNumber } from '../training/run/options.js';
import { createDataClient } from './data-client.js';
import { startService } from './running-service.js';
import { chooseParts, type Part, printTable, type Row } from './table.js';

const MAKER = 'bench/recordings/make_recording.py';
const { LABFILES_PYTHON = path.join(homedir(), '.cache/hypercolumn/labfiles/bin/python') } =
  process.env;

interface Options {
  readonly data: string;
  readonly recipe: string;
  readonly epochs: number;
}

/** A recording as a lab has it. */
interface Lab {
  readonly what: string;
  readonly kind: string;
  readonly file: string;
  readonly folder: string;
  readonly site: string;
}

const LABS: Readonly<Record<string, Lab>> = {
  nwb: {
    ...{ what: 'NWB of tang-v1: traces, each image an object', kind: 'nwb' },
    ...{ file: 'tang.nwb', folder: 'tang-v1', site: 'tang' },
  },
  matlab: {
    ...{ what: 'MATLAB v7.3 of tang-v1', kind: 'matlab' },
    ...{ file: 'tang.mat', folder: 'tang-v1', site: 'tang' },
  },
  sensorium: {
    ...{ what: 'zip like Sensorium of v4-190923', kind: 'sensorium' },
    ...{ file: 'v4.zip', folder: 'v4-190923', site: 'v4s190923' },
  },
};

const PARTS: Readonly<Record<string, Part<Options>>> = Object.fromEntries(
  Object.entries(LABS).map(([name, lab]) => [name, (options: Options) => measure(lab, options)]),
);

await runCommand(
  new Command('bench:recordings')
    .description('takes recordings to served models over HTTP')
    .requiredOption('--data <folder>', 'of the recordings tang-v1 and v4-190923')
    .option('--parts <list>', 'to measure, separated by commas', Object.keys(PARTS).join(','))
    .option('--recipe <name>', 'that is trained', 'rf_cnn')
    .option('--epochs <count>', 'of the training', wholeNumber(1, 1000), 5)
    .allowExcessArguments(false)
    .action(async ({ parts, ...options }: Options & { parts: string }) => {
      const chosen = chooseParts(PARTS, parts);
      console.log(`${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}\n`);
      await printTable(chosen, options);
    }),
);

async function measure(lab: Lab, { data, recipe, epochs }: Options): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-recordings-'));
  const file = path.join(folder, lab.file);
  const recorded = path.join(data, lab.folder);
  await promisify(execFile)(LABFILES_PYTHON, [MAKER, file, lab.kind, recorded, lab.site]);
  const MODELS_DIR = path.join(folder, 'models');
  await cp('models', MODELS_DIR, { recursive: true });
  const DATA_DIR = path.join(folder, 'data');
  const service = await startService({ ALLOW_TRAINING: '1', MODELS_DIR, DATA_DIR });
  try {
    const client = createDataClient(service.url);
    const { size } = await stat(file);
    const [digest, uploaded] = await timed(() => client.upload(file));
    const [found, ingested] = await timed(() =>
      client.runJob<IngestReport>(`/v1/recordings/${digest}/ingest`, {}),
    );
    const { images, neurons, split } = found.card;
    const [report, trained] = await timed(() =>
      client.runJob<TrainReport>(`/v1/datasets/${found.dataset}/train`, {
        ...{ name: 'mine', recipe, epochs },
      }),
    );
    const [, tuned] = await timed(() =>
      client.post('/v1/models/mine/tuning/parametric', {
        ...{ neurons: [0], parameter: 'orientation' },
      }),
    );
    const corr = report.neurons.map(({ CORR }) => CORR ?? 0);
    const mean = corr.reduce((sum, each) => sum + each, 0) / corr.length;
    const row = (what: string, measured: string): Row => {
      return { what: `${lab.what}: ${what}`, toReach: '', measured, met: undefined };
    };
    return [
      row(
        `uploaded (${(size / 1e6).toFixed(1)} MB), made a dataset of`,
        `${uploaded.toFixed(1)} s, ${ingested.toFixed(1)} s`,
      ),
      row(
        'what was found',
        `${images.count} images, ${neurons.length} neurons, ${split.train} training and ${split.validation} validation images`,
      ),
      row(
        `${recipe}, ${epochs} epochs, until it is served`,
        `${trained.toFixed(0)} s (expected ${expected(found, recipe, epochs)} s), CORR ${mean.toFixed(3)}`,
      ),
      row('first tuning curve', `${(1000 * tuned).toFixed(0)} ms`),
    ];
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The report has the time of all epochs of the recipe, which are 50. */
function expected({ expectedSeconds }: IngestReport, recipe: string, epochs: number): string {
  return (((expectedSeconds?.[recipe] ?? Number.NaN) * epochs) / 50).toFixed(0);
}

/** @returns the result, and seconds */
async function timed<Result>(work: () => Promise<Result>): Promise<readonly [Result, number]> {
  const begun = performance.now();
  const result = await work();
  return [result, (performance.now() - begun) / 1000];
}
