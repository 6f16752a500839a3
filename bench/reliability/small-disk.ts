import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import path from 'node:path';

/** A disk of one megabyte in memory, in a mount namespace of its own; it takes root, and Linux. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves no room. */
  fill(): void;
  remount(how: 'ro' | 'rw'): void;
  unmount(): void;
}

/** @throws Error when nothing can be mounted here */
export async function mountSmallDisk(): Promise<SmallDisk> {
  const holder = spawn(
    'unshare',
    ['-m', 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt && echo mounted && exec cat'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const mounted = once(holder.stdout, 'data').then(() => true);
  if (!(await Promise.race([mounted, once(holder, 'exit').then(() => false)]))) {
    throw new Error('no disk can be mounted here: run this as root, on Linux');
  }
  const folder = `/proc/${holder.pid}/root/mnt`;
  return {
    folder,
    fill() {
      try {
        for (;;) appendFileSync(path.join(folder, 'filling'), Buffer.alloc(4096, 'x'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    remount(how) {
      const remounting = ['-t', String(holder.pid), '-m', 'mount', '-o', `remount,${how}`, '/mnt'];
      const { status, stderr } = spawnSync('nsenter', remounting);
      if (status !== 0) throw new Error(stderr.toString());
    },
    unmount: () => void holder.kill('SIGKILL'),
  };
}
