// How much a stream adds to the engine's own time: `npm run bench:stream`. One image at a time, over a
// stream and over HTTP on a connection that is kept, in turns in one run, so that a noisy machine is
// noisy for both. The service runs beside this, on models/demo.
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { wholeNumber } from '../training/run/options.js';
import { quantile } from './figures.js';
import type { Taken } from './http-client.js';
import { openHttpRig, openStreamRig } from './rig.js';
import { startService } from './running-service.js';

interface Options {
  readonly images: number;
  readonly rounds: number;
  readonly neurons: string;
}

await runCommand(
  new Command('bench:stream')
    .description('times one image at a time, over a stream and over HTTP')
    .option('--images <count>', 'in a turn', wholeNumber(1, 1_000_000), 500)
    .option('--rounds <count>', 'of turns', wholeNumber(1, 10_000), 4)
    .option('--neurons <list>', 'asked for, such as 0-3', '0-15')
    .action(bench),
);

async function bench({ images, rounds, neurons }: Options): Promise<void> {
  const service = await startService({});
  try {
    const rigs = [
      await openStreamRig(service.url, 'uint8', neurons),
      await openStreamRig(service.url, 'float32', neurons),
      openHttpRig(service.url, neurons),
    ];
    const times = rigs.map((rig) => ({ rig, taken: [] as Taken[] }));
    for (let round = -1; round < rounds; round++) {
      for (const { rig, taken } of times) {
        for (let i = 0; i < images; i++) {
          const one = await rig.ask();
          // the first round warms up
          if (round >= 0) taken.push(one);
        }
      }
    }
    console.log(`${rounds * images} images each, neurons ${neurons}; milliseconds: p50 (p99)`);
    for (const { rig, taken } of times) report(rig.name, taken);
    for (const { rig } of times) rig.close();
  } finally {
    await service.stop();
  }
}

function report(name: string, taken: readonly Taken[]): void {
  const columns = {
    'round trip': taken.map(({ trip }) => trip),
    engine: taken.map(({ infer }) => infer),
    'above it': taken.map(({ trip, infer }) => trip - infer),
  };
  const text = Object.entries(columns).map(
    ([title, values]) =>
      `${title} ${quantile(values, 0.5).toFixed(3)} (${quantile(values, 0.99).toFixed(3)})`,
  );
  console.log(`  ${name.padEnd(18)}${text.join('   ')}`);
}
