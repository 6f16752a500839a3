// What a precision of the kernels costs and brings: `npm run bench:precision`. Each precision answers the same images and
// runs the same characterization as float32, on trained models; then all of them are timed, interleaved, on sites of
// random parameters.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { InputError } from '../src/errors.js';
import { ADDON_FILE, loadAddon, reasonFile } from '../src/inference/kernels/addon.js';
import { ArchitectureId } from '../src/network/architectures/id.js';
import { openBackend } from '../src/network/backends/open.js';
import { parseList, wholeNumber } from '../training/run/options.js';
import { printErrors } from './precision/errors.js';
import { printSpeed } from './precision/speed.js';

interface Options {
  readonly model: string;
  readonly data?: string;
  readonly site?: string;
  readonly images: number;
  readonly characterized: number;
  readonly architectures: readonly ArchitectureId[];
  readonly neurons: number;
  readonly rounds: number;
  readonly threads: number;
}

await runCommand(
  new Command('bench:precision')
    .description('errors, speed and memory of the precisions of the kernels')
    .option('--model <folder>', 'a trained one', 'models/demo/1')
    .option('--data <folder>', 'of the recording that it was trained on, for CORR and the peaks')
    .option('--site <name>', 'of the recording')
    .option('--images <count>', 'drawn where there is no recording', wholeNumber(2, 10_000), 300)
    .option('--characterized <count>', 'neurons, of the first; 0: none', wholeNumber(0, 10_000), 16)
    .option(
      '--architectures <list>',
      `that are timed, separated by commas, of ${ArchitectureId.options.join(', ')}; or none`,
      parseArchitectures,
      ['ff_cnn', 'rf_cnn', 'ff_sa_cnn'],
    )
    .option('--neurons <count>', 'of a site that is timed', wholeNumber(1, 10_000), 300)
    .option('--rounds <count>', 'of timed turns', wholeNumber(1, 10_000), 30)
    .option('--threads <count>', 'that compute', wholeNumber(1, 1024), availableParallelism())
    .action(bench),
);

function parseArchitectures(text: string): readonly ArchitectureId[] {
  return text === 'none' ? [] : parseList(ArchitectureId.options)(text);
}

async function bench(options: Options): Promise<void> {
  const { data, site } = options;
  if (data !== undefined && site === undefined) throw new InputError('--data needs --site');
  if (site !== undefined && data === undefined) throw new InputError('--site needs --data');
  if (loadAddon() === undefined) {
    throw new InputError(
      `it compares precisions of the kernels, and there are none: ${path.relative('', reasonFile(ADDON_FILE))} says why`,
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-bench-'));
  try {
    await printErrors(options);
    await openBackend('wasm');
    await printSpeed(folder, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}
