// What a client can do to the service with 8 MB: `npm run bench:flood`. Bodies of many kinds, of sizes
// that a seed draws, one at a time and many concurrently, while another process requests /livez. The figures
// hold the noise of the machine: the first row is of a service to which nothing is sent.
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { type RandomStream, randomStream } from '../src/network/random.js';
import { wholeNumber } from '../training/run/options.js';
import { ARRAYS } from './flood/arrays.js';
import { FORMS } from './flood/forms.js';
import { IMAGES } from './flood/images.js';
import { JSON_BODIES } from './flood/json.js';
import type { Kind, Send } from './flood/kind.js';
import { type Reading, type Watch, watchService } from './flood/watch.js';
import { WIRE } from './flood/wire.js';
import { startService } from './running-service.js';

const KINDS = [...FORMS, ...JSON_BODIES, ...ARRAYS, ...IMAGES, ...WIRE];
/** Bytes of the smallest body that is drawn. */
const SMALLEST = 1024;
/** Bodies of different sizes, each sent alone; the last has the largest. */
const ALONE = 3;
/** Milliseconds after which a sender gives up, and how long the machine rests before a reading. */
const [PATIENCE, REST] = [2500, 300];
/** What is aimed at, in milliseconds and bytes. */
const [MAX_DELAY, MAX_MEMORY] = [100, 400e6];
/** As in the container: glibc gives memory back after large requests. */
const ALLOCATION = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144' };

interface Options {
  readonly seed: number;
  readonly megabytes: number;
  readonly concurrency: number;
  readonly only: string;
  readonly defaultAllocation?: true;
}

await runCommand(
  new Command('bench:flood')
    .description('sends bodies of many kinds and sizes, and measures /livez and memory meanwhile')
    .option('--seed <number>', 'that draws the sizes', wholeNumber(0, 2 ** 32 - 1), 1)
    .option('--megabytes <count>', 'of the largest body', wholeNumber(1, 64), 8)
    .option('--at-once <count>', 'of bodies', wholeNumber(1, 64), 24)
    .option('--default-allocation', "without the container's settings of glibc")
    .option('--only <text>', 'that the names of the kinds to send contain', '')
    .action(bench),
);

async function bench({
  seed,
  megabytes,
  concurrency,
  only,
  defaultAllocation,
}: Options): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-flood-'));
  const service = await startService({
    DATA_DIR: folder,
    CACHE_CAPACITY: '0',
    ...(defaultAllocation ? {} : ALLOCATION),
  });
  const watch = watchService(service.url, service.pid);
  try {
    console.log(
      `${availableParallelism()} threads on ${cpus()[0]?.model}, Node ${process.version}`,
    );
    console.log(
      `seed ${seed}, bodies of up to ${megabytes} MB, alone and ${concurrency} concurrently\n`,
    );
    console.log(
      '| sent | answers | slowest /livez, ms: alone | concurrent | memory, MB: alone | concurrent |',
    );
    console.log('|---|---|---|---|---|---|');
    await pause(REST * 5);
    await watch.read();
    await pause(REST * 5);
    const idle = await watch.read();
    report('nothing', [], idle, idle);
    const kinds = KINDS.filter(({ name }) => name.includes(only));
    let met = 0;
    for (const kind of kinds) {
      const random = randomStream(seed, kind.name);
      const sizes = drawnSizes(ALONE, 1e6 * megabytes, random);
      const several = await flood(kind, drawnSizes(concurrency, 1e6 * megabytes, random), random);
      const statuses: string[] = [];
      for (const size of sizes) {
        statuses.push(...(await sendAll(service.url, await flood(kind, [size], random))));
      }
      const alone = await rested(watch);
      statuses.push(...(await sendAll(service.url, several)));
      const together = await rested(watch);
      if (isMet(alone) && isMet(together)) met++;
      report(kind.name, statuses, alone, together);
    }
    console.log(
      `\n${met} of ${kinds.length} kinds: /livez within ${MAX_DELAY} ms, memory under ` +
        `${MAX_MEMORY / 1e6} MB`,
    );
  } finally {
    watch.close();
    await service.stop();
    await rm(folder, { recursive: true });
  }
}

/** Log-uniform; the last is the largest. */
function drawnSizes(count: number, largest: number, random: RandomStream): number[] {
  return Array.from({ length: count }, (_, i) =>
    i === count - 1 ? largest : Math.round(SMALLEST * (largest / SMALLEST) ** random.uniform()),
  );
}

function flood(kind: Kind, sizes: readonly number[], random: RandomStream): Promise<Send[]> {
  return Promise.all(sizes.map((size) => kind.prepare(size, random)));
}

function sendAll(url: string, sends: readonly Send[]): Promise<string[]> {
  const signal = AbortSignal.timeout(PATIENCE);
  setMaxListeners(0, signal);
  return Promise.all(sends.map((send) => send(url, signal)));
}

async function rested(watch: Watch): Promise<Reading> {
  await pause(REST);
  return watch.read();
}

function isMet({ slowest, memory }: Reading): boolean {
  return slowest <= MAX_DELAY && memory <= MAX_MEMORY;
}

function report(
  name: string,
  statuses: readonly string[],
  alone: Reading,
  together: Reading,
): void {
  const counts = new Map<string, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  const answers = [...counts].map(([status, count]) => `${count} x ${status}`).join(', ');
  const figures = [alone.slowest, together.slowest, alone.memory / 1e6, together.memory / 1e6];
  console.log(`| ${[name, answers, ...figures.map((value) => value.toFixed(0))].join(' | ')} |`);
}
