import { mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../src/input-error.js';

/** The process that works on a model. */
const Holder = z.strictObject({
  pid: z.int().positive(),
  host: z.string().min(1),
  /** When the process began, in the system's own count; null where the system does not tell. */
  began: z.string().nullable(),
  since: z.iso.datetime(),
});
type Holder = z.infer<typeof Holder>;

/** The hidden file of a model's folder that says who works on it. */
export function lockFile(out: string): string {
  return path.join(out, '.lock');
}

/**
 * Runs work that no other process may do on the same model at the same time. A lock whose process on
 * this host has ended, killed or not, is taken over.
 * @param out `models/x`, made where it is not there
 * @param say is told of a lock that is taken over
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
  const since = new Date().toISOString();
  const own = { pid: process.pid, host: hostname(), began: await beginningOf(process.pid), since };
  while (!(await orSay(out, () => create(file, own)))) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? undefined : '',
    );
    if (text === undefined) continue; // let go of meanwhile
    const holder = parse(text);
    if (holder === undefined || !(await hasEnded(holder))) throw refusal(out, file, holder);
    if (!(await takeOver(out, file, text, own))) continue;
    say(
      `${out}: process ${holder.pid}, at work on it since ${holder.since}, has ended; taken over`,
    );
    return;
  }
}

/** @returns false where the file is there already */
async function create(file: string, holder: Holder): Promise<boolean> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await handle.writeFile(`${JSON.stringify(holder)}\n`);
    return true;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Puts an own lock in the place of one whose process has ended. Whoever holds the file beside it may
 * do so, nobody else, and only where the lock is still the one that was read.
 * @returns false where it is not
 */
async function takeOver(out: string, file: string, stale: string, own: Holder): Promise<boolean> {
  const taking = `${file}.taking`;
  if (!(await orSay(out, () => create(taking, own)))) {
    throw new InputError(
      `${out} is being taken over by another process: run this again in a moment, and if it says ` +
        `the same, delete ${taking}`,
    );
  }
  if ((await readFile(file, 'utf8').catch(() => undefined)) === stale) {
    await rename(taking, file);
    return true;
  }
  await rm(taking, { force: true });
  return false;
}

function parse(text: string): Holder | undefined {
  try {
    return Holder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function refusal(out: string, file: string, holder: Holder | undefined): InputError {
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

/** Whether a process is known to have ended: of another host's nothing is known. */
async function hasEnded({ pid, host, began }: Holder): Promise<boolean> {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  // ids are given again: a restarted container's process is number 1 each time
  return began !== (await beginningOf(pid));
}

/** The 22nd field of /proc/<pid>/stat, clock ticks since the machine started. */
async function beginningOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return null;
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return afterName[19] ?? null;
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
