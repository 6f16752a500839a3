import { spawnSync } from 'node:child_process';
import { freePort } from '../../bench/programs/free-port.js';
import { launchHaproxy } from '../../bench/programs/haproxy.js';
import type { Program } from './capabilities.js';
import { startRestartable } from './restartable.js';
import { temporaryFolder } from './store.js';

/** Debian's haproxy. `REQUIRE_HAPROXY=1` demands it. */
export function haproxy(): Program {
  const isThere = spawnSync('haproxy', ['-v'], { stdio: 'ignore' }).status === 0;
  return {
    program: 'haproxy',
    missing: isThere ? null : 'no haproxy here',
    required: process.env['REQUIRE_HAPROXY'] === '1',
  };
}

/** Starts HAProxy with the configuration of deploy/haproxy; it is killed when the test ends. */
export async function startHaproxy(services: readonly string[]) {
  const port = await freePort();
  const folder = await temporaryFolder();
  const start = () => launchHaproxy(port, services, folder);
  return {
    url: `http://127.0.0.1:${port}`,
    ...(await startRestartable(start)),
  };
}
