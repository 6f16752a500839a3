// Measures how much a stream adds to the engine's own time: `npm run bench:stream`. One image at a time, over
// streams and over HTTP on a kept connection, interleaved in one run, so that a noisy machine affects
// both. The service runs on the same machine, on models/demo.
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { wholeNumber } from '../training/run/options.js';
import {
  openClosedLoopHttp,
  openClosedLoopStream,
  openClosedLoopTcp,
} from './closed-loop-client.js';
import { quantile } from './figures.js';
import type { Latency } from './http-client.js';
import { startService } from './running-service.js';

interface Options {
  readonly images: number;
  readonly rounds: number;
  readonly neurons: string;
}

await runCommand(
  new Command('bench:stream')
    .description('times one image at a time, over streams and over HTTP')
    .option('--images <count>', 'in a turn', wholeNumber(1, 1_000_000), 500)
    .option('--rounds <count>', 'of turns', wholeNumber(1, 10_000), 4)
    .option('--neurons <list>', 'the neurons of a request, such as 0-3', '0-15')
    .action(bench),
);

async function bench({ images, rounds, neurons }: Options): Promise<void> {
  const service = await startService({ STREAM_PORT: '0' });
  try {
    const clients = [
      await openClosedLoopStream(`${service.url}/v1/models/demo`, 'uint8', neurons),
      await openClosedLoopStream(`${service.url}/v1/models/demo`, 'float32', neurons),
      await openClosedLoopTcp(tcpPort(service.announcement()), neurons),
      openClosedLoopHttp(`${service.url}/v1/models/demo`, neurons),
    ];
    const times = clients.map((client) => ({ client, latencies: [] as Latency[] }));
    for (let round = -1; round < rounds; round++) {
      for (const { client, latencies } of times) {
        for (let i = 0; i < images; i++) {
          const one = await client.send();
          // the first round warms up
          if (round >= 0) latencies.push(one);
        }
      }
    }
    console.log(`${rounds * images} images each, neurons ${neurons}; milliseconds: p50 (p99)`);
    for (const { client, latencies } of times) report(client.name, latencies);
    for (const { client } of times) client.close();
  } finally {
    await service.stop();
  }
}

function tcpPort(printed: string): string {
  const found = /listening for streams \.\.\. (tcp:\S+),/.exec(printed)?.[1];
  if (found === undefined) throw new Error('the service opened no TCP port');
  return found;
}

function report(name: string, latencies: readonly Latency[]): void {
  const columns = {
    'round trip': latencies.map(({ trip }) => trip),
    engine: latencies.map(({ infer }) => infer),
    'above it': latencies.map(({ trip, infer }) => trip - infer),
  };
  const text = Object.entries(columns).map(
    ([title, values]) =>
      `${title} ${quantile(values, 0.5).toFixed(3)} (${quantile(values, 0.99).toFixed(3)})`,
  );
  console.log(`  ${name.padEnd(18)}${text.join('   ')}`);
}
