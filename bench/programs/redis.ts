import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Starts redis-server as docs/scale.md says, and resolves when it accepts connections.
 * @param folder for its append-only file, from which it starts again with the same data
 * @throws Error with its output where it ends
 */
export async function launchRedis(port: number, folder: string): Promise<ChildProcess> {
  const child = spawn('redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'],
  ]);
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
      if (output.includes('Ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(output)));
  });
  return child;
}
