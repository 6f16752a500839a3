import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { npyRequest } from '../http-client.js';
import type { Row } from '../table.js';
import type { ScaleConfig } from './config.js';
import { startDepartment } from './department.js';
import { startLoad } from './requests.js';

/** Milliseconds that a turn lasts. */
const TURN = 6000;
const WARM_UP = 4000;
/** Enough to keep one core busy. */
const CLIENTS = 4;
/** Images in a request. */
const SIZES = [1, 32];

/** Images that one core of a service answers in a second, with the bytes and the commands of Redis that they take. */
export async function measureCapacity({ folder, models }: ScaleConfig): Promise<Row[]> {
  const department = await startDepartment({
    ...{ replicas: 1, workers: 0, folder, models, serviceCores: '0' },
  });
  const { url } = department.replicas[0]!.service;
  const take = async (images: number, idempotent: boolean, milliseconds: number) => {
    const load = startLoad({ url, model: 'demo', clients: CLIENTS, images, idempotent });
    const before = countCommands(department.redisPort);
    await pause(milliseconds);
    await load.end();
    const commands = countCommands(department.redisPort) - before;
    return { requests: load.seen.answered, commands };
  };
  await take(1, false, WARM_UP);
  const rows: Row[] = [];
  for (const images of SIZES) {
    const { requests } = await take(images, false, TURN);
    const { body } = npyRequest(url, images);
    rows.push({
      what: `one core, demo (16 neurons), ${images} images in a request`,
      toReach: '',
      measured:
        `${((1000 * images * requests) / TURN).toFixed(0)} images/s; ` +
        `${(body.length / images).toFixed(0)} bytes of each image as .npy`,
      met: undefined,
    });
  }
  const { requests, commands } = await take(1, true, TURN);
  rows.push({
    what: 'the same with an Idempotency-Key, 1 image in a request',
    toReach: '',
    measured:
      `${((1000 * requests) / TURN).toFixed(0)} images/s; ` +
      `${(commands / requests).toFixed(1)} commands of Redis for a request`,
    met: undefined,
  });
  rows.push({
    what: 'Redis, one core, 50 clients',
    toReach: '',
    measured: benchmarkRedis(department.redisPort),
    met: undefined,
  });
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
