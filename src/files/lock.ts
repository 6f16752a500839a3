import { open, readFile, readlink, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { hasCode } from './disk-error.js';
import { openFile, readOpened } from './whole-file.js';

/** The process that has a lock. */
export const LockHolder = z.strictObject({
  pid: z.int().positive(),
  host: z.string().min(1),
  /** When the process began, in the system's own count; null where the system does not report it. */
  began: z.string().nullable(),
  since: z.iso.datetime(),
  /** Of the running system, which containers share; null where the system does not report it. */
  boot: z.string().nullable().default(null),
  /** In which `pid` counts; null where the system does not report it. */
  namespace: z.string().nullable().default(null),
});
export type LockHolder = z.infer<typeof LockHolder>;

/** A lock as it was found. */
export interface FoundLock {
  /** Undefined where the file does not have it. */
  readonly holder: LockHolder | undefined;
  /** What the file holds. */
  readonly text: string;
  /** When it was last written or touched, in milliseconds since 1970. */
  readonly touched: number;
}

export type LockAttempt =
  /** `text` is what the file holds as long as it is this process's; `from` had it before and has ended. */
  | { readonly state: 'taken'; readonly text: string; readonly from: LockHolder | undefined }
  | { readonly state: 'held'; readonly found: FoundLock }
  /** Another process is taking the lock over, or was killed while it did, by this file. */
  | { readonly state: 'contended'; readonly taking: string };

/** Of an empty or odd entry. */
const NOTHING: FoundLock = { holder: undefined, text: '', touched: 0 };
/** Bytes; what is larger is no lock. */
const MAX_BYTES = 4096;

/**
 * Tries to take a lock file, which says who has it.
 * @param isStale whether the process that has it is known to have ended, so that it is taken over
 * @throws Error from the file system when the lock cannot be written
 */
export async function tryLock(
  file: string,
  isStale: (found: FoundLock) => boolean | Promise<boolean>,
): Promise<LockAttempt> {
  const text = `${JSON.stringify(await thisProcess())}\n`;
  let from: LockHolder | undefined;
  for (;;) {
    if (await createLock(file, text)) return { state: 'taken', text, from };
    const found = await readLock(file);
    if (found === undefined) continue; // released meanwhile
    if (!(await isStale(found))) return { state: 'held', found };
    from = found.holder;
    const taking = `${file}.taking`;
    try {
      if (!(await createLock(taking, text))) return { state: 'contended', taking };
    } catch (error) {
      if (!hasCode(error, 'ENOSPC')) throw error;
      // a full disk has room for one of the two
      if ((await readLock(file))?.text === found.text) await rm(file, { force: true });
      continue;
    }
    if ((await readLock(file))?.text === found.text) {
      await rename(taking, file);
      return { state: 'taken', text, from };
    }
    await rm(taking, { force: true });
  }
}

/**
 * Judges again and again whether the process that has one lock file has ended. A process of this system is looked
 * up. Of another host's process nothing is known but that it touches its lock: it counts as ended when the lock has
 * stayed the same for a while, by the clock of the process that looks.
 * @param silence milliseconds
 * @param clock milliseconds, monotonic
 */
export function createStaleCheck(
  silence: number,
  clock: () => number,
): (found: FoundLock) => Promise<boolean> {
  let watched: (FoundLock & { readonly since: number }) | undefined;
  return async (found) => {
    const { holder, text, touched } = found;
    if (holder !== undefined && (await isHere(holder))) return hasEnded(holder);
    if (watched?.text !== text || watched.touched !== touched) {
      watched = { ...found, since: clock() };
    }
    return clock() - watched.since > silence;
  };
}

/** @returns undefined where there is none */
export async function readLock(file: string): Promise<FoundLock | undefined> {
  try {
    const handle = await openFile(file);
    try {
      const text = (await readOpened(handle, 'the lock', MAX_BYTES)).toString();
      return { holder: parse(text), text, touched: (await handle.stat()).mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return hasCode(error, 'ENOENT') ? undefined : NOTHING;
  }
}

/** @returns false where the file is there already */
export async function createLock(file: string, text: string): Promise<boolean> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'wx');
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await handle.writeFile(text);
    return true;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function thisProcess(): Promise<LockHolder> {
  return {
    pid: process.pid,
    host: hostname(),
    began: await processStart(process.pid),
    since: new Date().toISOString(),
    ...(await thisSystem()),
  };
}

/** Whether a process id of the holder's means the same here: same system, same container. */
export async function isHere({ host, boot, namespace }: LockHolder): Promise<boolean> {
  const here = await thisSystem();
  return host === hostname() && boot === here.boot && namespace === here.namespace;
}

/** Whether there is no process with the holder's id here, or another one. */
export async function hasEnded({ pid, began }: LockHolder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'ESRCH');
  }
  // ids are given again: a restarted container's process is number 1 each time
  return began !== (await processStart(pid));
}

async function thisSystem(): Promise<Pick<LockHolder, 'boot' | 'namespace'>> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  const namespace = await readlink('/proc/self/ns/pid').catch(() => null);
  return { boot: boot?.trim() ?? null, namespace };
}

/** The 22nd field of /proc/<pid>/stat, clock ticks since the machine started. */
async function processStart(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return null;
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return afterName[19] ?? null;
}

function parse(text: string): LockHolder | undefined {
  try {
    return LockHolder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
