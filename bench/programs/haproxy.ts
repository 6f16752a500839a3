import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** From the repository's root, where benchmarks and tests run. */
const CONFIGURATION = 'deploy/haproxy/haproxy.cfg';
const SERVER = /^ {2}server .*\n/gm;
/** Milliseconds in which it must listen. */
const PATIENCE = 10_000;

/**
 * Starts HAProxy with the configuration of deploy/haproxy, and resolves when it accepts connections.
 * @param services host and port of each
 * @param folder where its file is written
 */
export async function launchHaproxy(
  port: number,
  services: readonly string[],
  folder: string,
): Promise<ChildProcess> {
  const file = path.join(folder, `haproxy-${port}.cfg`);
  const text = await readFile(CONFIGURATION, 'utf8');
  const servers = services.map((address, i) => `  server replica-${i + 1} ${address}\n`);
  const configuration = text.replace('0.0.0.0:8080', `127.0.0.1:${port}`).replaceAll(SERVER, '');
  await writeFile(file, configuration + servers.join(''));
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  await Promise.race([
    once(child, 'exit').then(([code]) => {
      throw new Error(`haproxy ended with ${code}`);
    }),
    waitForPort(port),
  ]);
  return child;
}

async function waitForPort(port: number): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await tryConnect(port);
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(20);
    }
  }
}

async function tryConnect(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
