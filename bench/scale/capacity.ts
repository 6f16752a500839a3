import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { npyRequest } from '../http-client.js';
import { cpuSeconds } from '../programs/cpu-seconds.js';
import type { Row } from '../table.js';
import type { ScaleConfig } from './config.js';
import { startDepartment } from './department.js';
import { type LoadOptions, startLoad } from './requests.js';

/** Milliseconds that a turn lasts. */
const TURN = 6000;
const WARM_UP = 4000;
/** Enough to keep one core busy. */
const CLIENTS = 4;
const DEMO_NEURONS = 16;

/** What one core of a service answers in a second, and what that takes of the network, HAProxy and Redis. */
export async function measureCapacity({ folder, models, neurons }: ScaleConfig): Promise<Row[]> {
  const department = await startDepartment({
    ...{ replicas: 1, workers: 0, folder, models, serviceCores: ['0'] },
  });
  const direct = department.replicas[0]!.service.url;
  const take = async (load: Partial<LoadOptions>, milliseconds = TURN) => {
    const sent = startLoad({
      ...{ url: direct, model: 'demo', clients: CLIENTS, images: 1, idempotent: false },
      ...load,
    });
    await pause(milliseconds);
    await sent.end();
    return sent.seen.answered;
  };
  await take({}, WARM_UP);
  const rows: Row[] = [];
  const add = (what: string, measured: string) =>
    rows.push({ what, toReach: '', measured, met: undefined });
  const loads: Load[] = [];
  for (const { model, each, images } of [
    { model: 'demo', each: DEMO_NEURONS, images: 1 },
    { model: 'demo', each: DEMO_NEURONS, images: 32 },
    { model: 'site', each: neurons, images: 8 },
  ]) {
    const what = `${model} (${each} neurons), ${images} image${images === 1 ? '' : 's'} in a request`;
    const imagesPerSecond = (1000 * images * (await take({ model, images }))) / TURN;
    const bytes = npyRequest(direct, images).body.length / images;
    loads.push({ what, each, images, bytes, responses: each * imagesPerSecond });
    add(
      `one core, ${what}`,
      `${imagesPerSecond.toFixed(0)} images/s, ${(each * imagesPerSecond).toFixed(0)} responses/s; ` +
        `${bytes.toFixed(0)} bytes of each image as .npy`,
    );
  }
  const before = countCommands(department.redisPort);
  const keyed = await take({ idempotent: true });
  const commands = (countCommands(department.redisPort) - before) / keyed;
  add(
    'one core, demo, 1 image in a request with an Idempotency-Key',
    `${((1000 * keyed) / TURN).toFixed(0)} images/s; ${commands.toFixed(1)} commands of Redis for a request`,
  );
  const idle = await cpuSeconds(department.balancer);
  const balanced = await take({ url: department.url });
  const balancing = ((await cpuSeconds(department.balancer)) - idle) / balanced;
  add('HAProxy, for a request with 1 image', `${(1e6 * balancing).toFixed(0)} µs of a core`);
  for (const load of loads) {
    add(
      `on paper: a million responses a second, ${load.what}`,
      describeMillion(load, { commands, balancing }),
    );
  }
  add('Redis, one core, 50 clients', benchmarkRedis(department.redisPort));
  await department.stop();
  return rows;
}

/** Requests of one size, and what one core answers of them. */
interface Load {
  readonly what: string;
  /** The number of neurons. Each responds to each image. */
  readonly each: number;
  /** In a request. */
  readonly images: number;
  /** Of an image. */
  readonly bytes: number;
  /** In a second. */
  readonly responses: number;
}

/**
 * What a million responses in a second would take, by the figures of one core.
 * @param costs commands of Redis, and seconds of HAProxy, for a request
 */
function describeMillion(
  { each, images, bytes, responses }: Load,
  { commands, balancing }: { readonly commands: number; readonly balancing: number },
): string {
  const imagesPerSecond = MILLION / each;
  const requests = imagesPerSecond / images;
  return (
    `${(MILLION / responses).toFixed(0)} cores of services, ${requests.toFixed(0)} requests/s, ` +
    `${((imagesPerSecond * bytes) / 1e6).toFixed(0)} MB/s of images, ${(requests * balancing).toFixed(2)} cores of ` +
    `HAProxy; with keys ${(requests * commands).toFixed(0)} commands/s of Redis`
  );
}

const MILLION = 1e6;

/** Commands that Redis has run, those that scripts called included. */
function countCommands(port: number): number {
  const { stdout } = spawnSync('redis-cli', ['-p', String(port), 'info', 'commandstats'], {
    encoding: 'utf8',
  });
  const counts = [...stdout.matchAll(/^cmdstat_(?!info|client|ping)\S+:calls=(\d+)/gm)];
  return counts.reduce((sum, [, calls]) => sum + Number(calls), 0);
}

function benchmarkRedis(port: number): string {
  const { stdout } = spawnSync(
    'redis-benchmark',
    ['-p', String(port), '-t', 'set,get', '-n', '200000', '-d', '200', '--csv'],
    { encoding: 'utf8' },
  );
  const speeds = [...stdout.matchAll(/^"(SET|GET)","([\d.]+)"/gm)];
  return speeds.map(([, name, speed]) => `${name} ${Math.round(Number(speed))}/s`).join(', ');
}
