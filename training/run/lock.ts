import { readFileSync } from 'node:fs';
import { mkdir, readlink, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InputError, messageOf } from '../../src/errors.js';
import { hasCode, unless } from '../../src/files/disk-error.js';
import {
  createStaleCheck,
  type FoundLock,
  isHere,
  type LockHolder,
  readLock,
  tryLock,
} from '../../src/files/lock.js';
import { type LockTiming, startHeartbeat, TIMING } from './heartbeat.js';

/** The lock of a model while this process has it. */
export interface HeldLock {
  /**
   * Must be called before something is written: a process that was silent for long may have lost its lock.
   * @throws InputError where the lock was taken over, or deleted
   */
  confirm(): Promise<void>;
  /** Whether this process still has it, without a wait: for what may be left out where it has not. */
  isHeld(): boolean;
}

interface LockOptions {
  /** Whether to wait while another process has the lock, instead of rejecting. */
  readonly wait?: boolean;
  readonly timing?: LockTiming;
}

/** The hidden file of a model's folder that names the process that works on it. */
export function lockFile(out: string): string {
  return path.join(out, '.lock');
}

/**
 * Runs work that no other process may do on the same model at the same time, on any host that shares the folder. A
 * lock whose process on this host has ended, killed or not, is taken over; so is one of another host that its process
 * has not touched for a while.
 * @param out `models/x`, made where it is not there
 * @param say is called with a line when a lock is waited for, and when it is taken over
 * @throws InputError saying who holds the lock, since when, and what to do; or that it cannot be written
 */
export async function withLock<T>(
  out: string,
  say: (line: string) => void,
  work: (lock: HeldLock) => Promise<T>,
  { wait = false, timing = TIMING }: LockOptions = {},
): Promise<T> {
  const file = lockFile(out);
  const made = await orSay(out, () => mkdir(out, { recursive: true }));
  let own: string;
  try {
    own = await take(out, file, say, wait, timing);
  } catch (error) {
    await leave();
    throw error;
  }
  const heartbeat = startHeartbeat(file, own, timing.beat);
  try {
    return await work({ confirm, isHeld });
  } finally {
    await heartbeat.stop();
    if ((await readLock(file))?.text === own) await rm(file, { force: true });
    await leave();
  }

  async function confirm(): Promise<void> {
    const found = await readLock(file);
    if (found?.text === own) return;
    if (found === undefined) throw new InputError(`${file} was deleted: this process ends`);
    if (found.holder === undefined) return; // it cannot be read now
    throw new InputError(
      `${out} was taken over by ${describe(found.holder)}: this process was silent for too long, and ends`,
    );
  }

  function isHeld(): boolean {
    try {
      return readFileSync(file, 'utf8') === own;
    } catch {
      return false;
    }
  }

  /** Folders made here in which nothing was saved are not left behind. */
  async function leave(): Promise<void> {
    if (made === undefined) return;
    const empty = path.relative(path.dirname(made), path.resolve(out)).split(path.sep).length;
    let folder = path.resolve(out);
    for (let i = 0; i < empty; i++, folder = path.dirname(folder)) {
      await rmdir(folder).catch(() => undefined);
    }
  }
}

/** @returns what the lock file holds as long as it is this process's */
async function take(
  out: string,
  file: string,
  say: (line: string) => void,
  wait: boolean,
  timing: LockTiming,
): Promise<string> {
  const isStale = createStaleCheck(timing.silence, () => performance.now());
  let first: FoundLock | undefined;
  for (;;) {
    const attempt = await orSay(out, async () => {
      // The process that has the lock deletes an empty folder when it ends.
      await mkdir(out, { recursive: true });
      return await tryLock(file, isStale).catch(unless('ENOENT'));
    });
    if (attempt === undefined) continue;
    if (attempt.state === 'taken') {
      if (attempt.from !== undefined) {
        const { pid, host, since } = attempt.from;
        const where = host === hostname() ? '' : ` on ${host}`;
        say(`${out}: process ${pid}${where}, at work on it since ${since}, has ended; taken over`);
      }
      return attempt.text;
    }
    if (attempt.state === 'contended') {
      throw new InputError(
        `${out} is being taken over by another process: run this again in a moment, and if it says ` +
          `the same, delete ${attempt.taking}`,
      );
    }
    const { holder } = attempt.found;
    if (holder === undefined) {
      throw new InputError(
        `${file} does not say who works on ${out}: if no other process does, delete that file`,
      );
    }
    const isOfHost = await isHere(holder);
    const isAlive = isOfHost || (first !== undefined && isTouched(first, attempt.found));
    if (isAlive && !wait) throw rejection(out, holder);
    if (first === undefined) {
      const silence = isOfHost ? undefined : Math.round(timing.silence / 1000);
      say(announcement(out, holder, wait, silence));
    }
    first ??= attempt.found;
    await pause(timing.poll);
  }
}

function isTouched(before: FoundLock, now: FoundLock): boolean {
  return before.text !== now.text || before.touched !== now.touched;
}

/** @param silence seconds after which a process on another host is given up; one on this host is looked up */
function announcement(
  out: string,
  holder: LockHolder,
  wait: boolean,
  silence: number | undefined,
): string {
  if (!wait) {
    return `${out} may be in use by ${describe(holder)}: waits up to ${silence} s for a sign of its life`;
  }
  const given = silence === undefined ? '' : `, or gives no sign of life for ${silence} s`;
  return `${out} is in use by ${describe(holder)}: waits until it ends${given}`;
}

function rejection(out: string, holder: LockHolder): InputError {
  return new InputError(
    `${out} is in use by ${describe(holder)}: wait until it ends, or choose another --out`,
  );
}

function describe({ pid, host, since }: LockHolder): string {
  return `process ${pid} on ${host === hostname() ? 'this host' : host} since ${since}`;
}

async function orSay<T>(out: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const reason = messageOf(cause);
    const target = await readlink(out).catch(() => undefined);
    if (target !== undefined && hasCode(cause, 'ENOENT', 'ELOOP', 'EEXIST', 'ENOTDIR')) {
      throw new InputError(
        `--out ${out} is a link to ${target}, which is no folder; expected a link to a folder, or ` +
          'another --out',
        [],
        { cause },
      );
    }
    throw new InputError(
      `--out ${out} cannot be written (${reason}): put that right, or choose another --out`,
      [],
      { cause },
    );
  }
}
