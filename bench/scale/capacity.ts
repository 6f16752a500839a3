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
    ...{ replicas: 1, workers: 0, folder, models, serviceCores: '0' },
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
  for (const { model, each, images } of [
    { model: 'demo', each: DEMO_NEURONS, images: 1 },
    { model: 'demo', each: DEMO_NEURONS, images: 32 },
    { model: 'site', each: neurons, images: 8 },
  ]) {
    const speed = (1000 * images * (await take({ model, images }))) / TURN;
    const { body } = npyRequest(direct, images);
    add(
      `one core, ${model} (${each} neurons), ${images} image${images === 1 ? '' : 's'} in a request`,
      `${speed.toFixed(0)} images/s, ${(each * speed).toFixed(0)} responses/s; ` +
        `${(body.length / images).toFixed(0)} bytes of each image as .npy`,
    );
  }
  const before = countCommands(department.redisPort);
  const keyed = await take({ idempotent: true });
  const commands = countCommands(department.redisPort) - before;
  add(
    'the same with an Idempotency-Key, demo, 1 image in a request',
    `${((1000 * keyed) / TURN).toFixed(0)} images/s; ${(commands / keyed).toFixed(1)} commands of Redis ` +
      'for a request',
  );
  const idle = await cpuSeconds(department.balancer);
  const balanced = await take({ url: department.url });
  const seconds = (await cpuSeconds(department.balancer)) - idle;
  add(
    'HAProxy, for a request with 1 image',
    `${((1e6 * seconds) / balanced).toFixed(0)} µs of a core`,
  );
  add('Redis, one core, 50 clients', benchmarkRedis(department.redisPort));
  await department.stop();
  return rows;
}

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
