// Measures how trials of a session reach a model: `npm run bench:trials`. It measures how long it takes from 100
// trials to a served model of 30 neurons, and how CORR on other images grows with the number of trials.
import { availableParallelism, cpus } from 'node:os';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { ArchitectureId } from '../src/network/architectures/id.js';
import { BACKEND_NAMES, type BackendName } from '../src/network/backends/index.js';
import { openBackend } from '../src/network/backends/open.js';
import { parseList, siteName, wholeNumber } from '../training/run/options.js';
import { printTable } from './table.js';
import { type Curve, printCurve } from './trials/curve.js';
import { withSyntheticSite, withWrittenSite } from './trials/sites.js';
import { measureTimes } from './trials/times.js';

const PARTS = ['times', 'curve'] as const;

interface Options extends Curve {
  readonly parts: readonly (typeof PARTS)[number][];
  readonly backend: BackendName;
  readonly data?: string;
  readonly site: string;
}

await runCommand(
  new Command('bench:trials')
    .description('measures how fast and how well models learn from the trials of a session')
    .option('--parts <list>', 'to measure, separated by commas', parseList(PARTS), [...PARTS])
    .option(
      '--backend <name>',
      'what trains for the curve',
      (text) => parseList(BACKEND_NAMES)(text)[0]!,
      'tensorflow',
    )
    .option('--data <folder>', 'a recorded site for the curve, instead of a synthetic one')
    .option('--site <name>', 'its name', siteName, 'tang')
    .option('--recipe <name>', 'of the curve', (text) => ArchitectureId.parse(text), 'ff_cnn')
    .option('--neurons <count>', 'of the curve', wholeNumber(1, 1000), 4)
    .option('--source <count>', 'images that the first model has', wholeNumber(50, 100_000), 1000)
    .option('--source-epochs <count>', 'of the first model', wholeNumber(1, 1000), 10)
    .option(
      '--trials <list>',
      'numbers of trials',
      (text) => text.split(',').map(wholeNumber(2, 100_000)),
      [25, 50, 100, 200, 400, 800],
    )
    .option('--epochs <count>', 'of a training from nothing', wholeNumber(1, 1000), 30)
    .option('--selection <count>', 'images that choose the epoch', wholeNumber(3, 100_000), 200)
    .option('--held-out <count>', 'images that CORR is of', wholeNumber(3, 100_000), 500)
    .allowExcessArguments(false)
    .action(bench),
);

async function bench({ parts, backend: name, data, site, ...curve }: Options): Promise<void> {
  console.log(
    `${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}, curve on ${name}\n`,
  );
  if (parts.includes('times')) await printTable([measureTimes], undefined);
  if (!parts.includes('curve')) return;
  await openBackend(name);
  const run = (opened: Parameters<typeof printCurve>[0]) => printCurve(opened, curve);
  await (data === undefined ? withSyntheticSite(curve, run) : withWrittenSite(data, site, run));
}
