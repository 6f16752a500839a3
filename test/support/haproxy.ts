import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { Program } from './capabilities.js';
import { freePort } from './free-port.js';
import { startRestartable } from './restartable.js';
import { temporaryFolder } from './store.js';

const CONFIGURATION = fileURLToPath(new URL('../../deploy/haproxy/haproxy.cfg', import.meta.url));

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
  const file = path.join(await temporaryFolder(), 'haproxy.cfg');
  let used = 0;
  const configuration = (await readFile(CONFIGURATION, 'utf8'))
    .replace('0.0.0.0:8080', `127.0.0.1:${port}`)
    .replaceAll(/10\.0\.0\.1\d:8080/g, () => services[used++]!);
  if (used !== services.length) throw new Error(`${used} servers; expected ${services.length}`);
  await writeFile(file, configuration);
  const start = async () => {
    const started = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
    await vi.waitFor(() => canConnect(port));
    return started;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    ...(await startRestartable(start)),
  };
}

async function canConnect(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
