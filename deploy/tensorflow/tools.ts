import { spawnSync } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { SetupError } from './setup-error.js';
import type { Machine } from './wheels.js';

/** This machine; an NVIDIA driver counts as visible when its device or its kernel module is. */
export function thisMachine(): Machine {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: report.header?.glibcVersionRuntime ?? null,
    nvidiaDriver:
      existsSync('/dev/nvidia0') ||
      existsSync('/proc/driver/nvidia/version') ||
      runs('nvidia-smi', '-L'),
  };
}

/** @throws SetupError without a C++ compiler; `CXX` names one first. */
export function findCompiler(named: string | undefined): string {
  const candidates = named ? [named] : ['g++', 'c++', 'clang++'];
  const found = candidates.find((candidate) => runs(candidate, '--version'));
  if (found !== undefined) return found;
  throw new SetupError(
    named
      ? `CXX names ${named}, which does not run: unset CXX or name a C++ compiler`
      : 'no C++ compiler found: apt-get install g++ (or name one with CXX)',
  );
}

/** @throws SetupError without python3 or its pip. */
export function findPython(): string {
  const python = 'python3';
  if (!runs(python, '--version')) {
    throw new SetupError(
      'python3 not found, its pip downloads TensorFlow: apt-get install python3 python3-pip',
    );
  }
  if (!runs(python, '-m', 'pip', '--version')) {
    throw new SetupError(
      'python3 has no pip, which downloads TensorFlow: apt-get install python3-pip',
    );
  }
  return python;
}

/** @throws SetupError when the disk that holds `directory` has less than `megabytes` free. */
export function requireSpace(directory: string, megabytes: number): void {
  const { bavail, bsize } = statfsSync(directory);
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free >= megabytes) return;
  throw new SetupError(
    `${directory} has ${free} MB free, ${megabytes} MB are needed: make room, or set HYPERCOLUMN_CACHE to a folder on another disk`,
  );
}

function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
