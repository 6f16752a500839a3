import { spawnSync } from 'node:child_process';
import { pino } from 'pino';
import { onTestFinished, vi } from 'vitest';
import { freePort } from '../../bench/programs/free-port.js';
import { launchRedis } from '../../bench/programs/redis.js';
import { createConnections } from '../../src/redis/connection.js';
import type { Program } from './capabilities.js';
import { startRestartable } from './restartable.js';
import { temporaryFolder } from './store.js';

/** Debian's redis-server. `REQUIRE_REDIS=1` demands it. */
export function redisServer(): Program {
  const isThere = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
  return {
    program: 'redis-server',
    missing: isThere ? null : 'no redis-server here',
    required: process.env['REQUIRE_REDIS'] === '1',
  };
}

/** Starts Redis on a free port; it is killed when the test ends. */
export async function startRedis() {
  const port = await freePort();
  const folder = await temporaryFolder();
  const start = () => launchRedis(port, folder);
  return {
    url: `redis://127.0.0.1:${port}`,
    ...(await startRestartable(start)),
  };
}

/**
 * Connects to Redis until the test ends.
 * @param patience milliseconds after which a command without an answer fails
 */
export async function connectRedis({ url }: { readonly url: string }, patience = 5000) {
  const connections = createConnections(url, pino({ level: 'silent' }));
  onTestFinished(() => connections.close());
  const client = connections.forRequests(patience);
  await vi.waitFor(() => client.ping());
  return client;
}
