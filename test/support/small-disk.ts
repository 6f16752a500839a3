import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { hasCode } from '../../src/files/disk-error.js';
import type { Capability } from './capabilities.js';

const REMOUNTS = 100;
const BLOCK = Buffer.alloc(4096, 'x');

/** The right to mount a disk in a separate namespace. `REQUIRE_MOUNT=1` demands it. */
export function mounting(): Capability {
  const { status } = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/tmp'], {
    stdio: 'ignore',
  });
  return {
    missing: status === 0 ? null : 'no disk can be mounted here (it takes root, and Linux)',
    required: process.env['REQUIRE_MOUNT'] === '1',
  };
}

/** A disk in memory that only processes with its folder can see; it is removed when the test ends. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills the disk. */
  fill(): void;
  /** Frees the space that `fill` used. */
  free(): void;
  remount(how: 'ro' | 'rw'): void;
}

export async function mountSmallDisk(bytes = 2 ** 20): Promise<SmallDisk> {
  const holder = spawn(
    'unshare',
    ['-m', 'sh', '-c', `mount -t tmpfs -o size=${bytes} none /mnt && echo mounted && exec cat`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const folder = `/proc/${holder.pid}/root/mnt`;
  const filling = path.join(folder, 'filling');
  return {
    folder,
    fill() {
      try {
        for (;;) appendFileSync(filling, BLOCK);
      } catch (error) {
        if (!hasCode(error, 'ENOSPC')) throw error;
      }
    },
    free: () => rmSync(filling),
    remount(how) {
      const remounting = ['-t', String(holder.pid), '-m', 'mount', '-o', `remount,${how}`, '/mnt'];
      for (let attempt = 1; ; attempt++) {
        const { status, stderr } = spawnSync('nsenter', remounting, { encoding: 'utf8' });
        if (status === 0) return;
        // A file is being written at this moment.
        if (!stderr.includes('busy') || attempt === REMOUNTS) throw new Error(stderr);
      }
    },
  };
}
