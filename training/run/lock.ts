import { mkdir, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { hasEnded, type LockHolder, tryLock } from '../../src/files/lock.js';

/** The hidden file of a model's folder that names the process that works on it. */
export function lockFile(out: string): string {
  return path.join(out, '.lock');
}

/**
 * Runs work that no other process may do on the same model at the same time. A lock whose process on
 * this host has ended, killed or not, is taken over.
 * @param out `models/x`, made where it is not there
 * @param say is called with a line when a lock is taken over
 * @throws InputError saying who holds the lock, since when, and what to do; or that it cannot be written
 */
export async function withLock<T>(
  out: string,
  say: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const file = lockFile(out);
  const made = await orSay(out, () => mkdir(out, { recursive: true }));
  try {
    await take(out, file, say);
  } catch (error) {
    await leave();
    throw error;
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
    await leave();
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

async function take(out: string, file: string, say: (line: string) => void): Promise<void> {
  // of another host's processes nothing is known
  const attempt = await orSay(out, () =>
    tryLock(file, async ({ holder }) => holder?.host === hostname() && (await hasEnded(holder))),
  );
  if (attempt.state === 'held') throw refusal(out, file, attempt.found.holder);
  if (attempt.state === 'contended') {
    throw new InputError(
      `${out} is being taken over by another process: run this again in a moment, and if it says ` +
        `the same, delete ${attempt.taking}`,
    );
  }
  if (attempt.from === undefined) return;
  const { pid, since } = attempt.from;
  say(`${out}: process ${pid}, at work on it since ${since}, has ended; taken over`);
}

function refusal(out: string, file: string, holder: LockHolder | undefined): InputError {
  if (holder === undefined) {
    return new InputError(
      `${file} does not say who works on ${out}: if no other process does, delete that file`,
    );
  }
  const { pid, host, since } = holder;
  const here = host === hostname();
  return new InputError(
    `${out} is in use by process ${pid} on ${here ? 'this host' : host} since ${since}: wait until ` +
      `it ends, or choose another --out${here ? '' : `; if it has ended, delete ${file}`}`,
  );
}

async function orSay<T>(out: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(
      `--out ${out} cannot be written (${reason}): put that right, or choose another --out`,
      [],
      { cause },
    );
  }
}
