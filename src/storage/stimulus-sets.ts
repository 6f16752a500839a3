import { type FileHandle, lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { DamagedError, InputError, StoreFullError } from '../errors.js';
import { onDisk, unless } from '../files/disk-error.js';
import { openFile, readOpened, writeWhole } from '../files/whole-file.js';
import { decodeNpyHeader, encodeNpy, NPY_HEADER_BYTES } from '../formats/npy.js';
import type { StoredElement } from '../formats/npy-elements.js';
import { stimulusDigests } from '../stimulus/chunks.js';
import { decodeNpyStimuli } from '../stimulus/decode/array.js';
import { type Stimuli, setDigest } from '../stimulus/stimuli.js';
import { compactPixels } from './compact-pixels.js';

/** What is known of a stored set without reading its pixels. */
export interface StoredSet {
  /** `setDigest` over its stimuli. */
  readonly digest: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** In which its pixels are kept: `u1`, `u2` or `f4`. */
  readonly element: StoredElement;
  /** Of its file. */
  readonly bytes: number;
  /** When it was last uploaded. */
  readonly storedAt: Date;
}

/** A set as it was read from the disk and found whole. */
export interface OpenedSet {
  readonly stored: StoredSet;
  readonly stimuli: Stimuli;
  readonly stimulusDigests: readonly string[];
  /** The set as .npy of shape (n, height, width). */
  readonly file: Uint8Array;
}

/** Stimulus sets on disk, by their digests. */
export interface StimulusSets {
  /** The most bytes that they may take together. */
  readonly capacity: number;
  /**
   * Stores a set, whole or not at all; one that is there already is written anew, which mends it.
   * @param digests of its stimuli
   * @returns the set, and whether it was not there before
   * @throws StoreFullError when there is no room
   * @throws DiskError when the disk does not take it
   */
  put(stimuli: Stimuli, digests: readonly string[]): Promise<{ set: StoredSet; created: boolean }>;
  /**
   * @returns undefined when there is none
   * @throws DamagedError when the pixels do not have the digest
   * @throws DiskError when the disk does not give it
   */
  read(digest: string): Promise<OpenedSet | undefined>;
  /** Those whose files can be read at all, oldest first. */
  list(): Promise<StoredSet[]>;
  /** @returns whether it was there */
  remove(digest: string): Promise<boolean>;
}

/** So many at most, so that listing them stays quick. */
const MAX_SETS = 10_000;
/** What even the smallest file takes on a disk. */
const BLOCK = 4096;
/** Of a set's file; more are never written at a time. */
const MAX_BYTES = 2 ** 31 - 1;
const FILE_NAME = /^([0-9a-f]{64})\.npy$/;
const NO_LIMITS = { maxStimuli: Infinity, maxPixels: Infinity };

/**
 * Keeps stimulus sets as .npy files in a folder. Nothing is remembered between calls, so that several
 * services may share the folder.
 * @param capacity bytes
 */
export function createStimulusSets(folder: string, capacity: number): StimulusSets {
  let line: Promise<unknown> = Promise.resolve();
  /** Concurrent requests share a set in memory, since even a small request needs the whole set. */
  const reading = new Map<string, Promise<OpenedSet | undefined>>();
  return { capacity, put, read, list, remove };

  async function put(stimuli: Stimuli, digests: readonly string[]) {
    const { count, height, width, pixels } = stimuli;
    const digest = setDigest(digests);
    const file = encodeNpy(compactPixels(pixels), [count, height, width]);
    // one after the other: the room that is found must still be there when it is taken
    const created = inLine(() =>
      onDisk('the stimulus set cannot be stored', async () => {
        const isNew = (await targetSize(digest)) === undefined;
        if (isNew) await checkRoom(file.length);
        await writeWhole(setFile(digest), file);
        return isNew;
      }),
    );
    return { created: await created, set: describe(digest, file, file.length, new Date()) };
  }

  function read(digest: string): Promise<OpenedSet | undefined> {
    const begun = reading.get(digest);
    if (begun) return begun;
    const started = readAlone(digest).finally(() => reading.delete(digest));
    reading.set(digest, started);
    return started;
  }

  async function readAlone(digest: string): Promise<OpenedSet | undefined> {
    const opened = await onDisk('the stimulus set cannot be read', () =>
      withFile(digest, async (handle) => {
        const { mtime } = await handle.stat();
        return { file: await readOpened(handle, digest, MAX_BYTES), mtime };
      }),
    ).catch((error: unknown) => {
      throw error instanceof InputError ? findDamage(digest, error) : error;
    });
    return opened && check(digest, opened.file, opened.mtime);
  }

  async function list(): Promise<StoredSet[]> {
    const sets: StoredSet[] = [];
    const digests = await onDisk('the stimulus sets cannot be listed', digestsIn);
    for (const digest of digests) {
      // A set that cannot be opened gives its reason when it is requested.
      const set = await glance(digest).catch(() => undefined);
      if (set) sets.push(set);
    }
    return sets.toSorted((a, b) => a.storedAt.getTime() - b.storedAt.getTime());
  }

  async function remove(digest: string): Promise<boolean> {
    return await onDisk('the stimulus set cannot be deleted', async () => {
      if ((await targetSize(digest)) === undefined) return false;
      // recursive: a folder may have got into its place
      await rm(setFile(digest), { force: true, recursive: true });
      return true;
    });
  }

  /** What the header holds; undefined when the file has gone or has no such header. */
  function glance(digest: string): Promise<StoredSet | undefined> {
    return withFile(digest, async (handle) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(NPY_HEADER_BYTES), 0);
      const { size, mtime } = await handle.stat();
      try {
        return describe(digest, buffer.subarray(0, bytesRead), size, mtime);
      } catch (error) {
        if (error instanceof InputError) return undefined;
        throw error;
      }
    });
  }

  async function withFile<T>(
    digest: string,
    use: (handle: FileHandle) => Promise<T>,
  ): Promise<T | undefined> {
    const handle = await openFile(setFile(digest)).catch(unless('ENOENT'));
    try {
      return handle && (await use(handle));
    } finally {
      await handle?.close();
    }
  }

  async function checkRoom(bytes: number): Promise<void> {
    if (roomFor(bytes) > capacity) {
      throw new StoreFullError(`the set takes ${bytes} bytes; all sets may take ${capacity}`, {
        tooLarge: true,
      });
    }
    const digests = await digestsIn();
    let used = 0;
    for (const digest of digests) used += roomFor((await targetSize(digest)) ?? 0);
    if (used + roomFor(bytes) > capacity || digests.length >= MAX_SETS) {
      throw new StoreFullError(
        `${digests.length} stimulus sets take ${used} of ${capacity} bytes (at most ${MAX_SETS} ` +
          `sets), this one would take ${bytes} more; delete some`,
      );
    }
  }

  async function digestsIn(): Promise<string[]> {
    return (await readdir(folder)).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []);
  }

  async function targetSize(digest: string): Promise<number | undefined> {
    return (await lstat(setFile(digest)).catch(unless('ENOENT')))?.size;
  }

  function setFile(digest: string): string {
    return path.join(folder, `${digest}.npy`);
  }

  function inLine<T>(task: () => Promise<T>): Promise<T> {
    const result = line.then(task);
    line = result.catch(() => undefined);
    return result;
  }
}

/** @throws DamagedError when the file does not hold the set with this digest */
async function check(digest: string, file: Uint8Array, storedAt: Date): Promise<OpenedSet> {
  try {
    const stored = describe(digest, file, file.length, storedAt);
    const { stimuli } = decodeNpyStimuli(file, stored, NO_LIMITS, 0);
    const digests = await stimulusDigests(stimuli);
    if (setDigest(digests) !== digest) throw findDamage(digest);
    return { stored, stimuli, stimulusDigests: digests, file };
  } catch (error) {
    throw error instanceof InputError ? findDamage(digest, error) : error;
  }
}

function findDamage(digest: string, cause?: unknown): DamagedError {
  return new DamagedError(`the stored stimulus set ${digest} is damaged`, { cause });
}

/** @throws InputError when it does not begin with the header of such a set */
function describe(digest: string, head: Uint8Array, bytes: number, storedAt: Date): StoredSet {
  const { stored: element, shape } = decodeNpyHeader(head);
  const [count, height, width] = shape;
  if (shape.length !== 3 || !count || !height || !width) throw new InputError('not a set');
  return { digest, count, height, width, element, bytes, storedAt };
}

function roomFor(bytes: number): number {
  return Math.max(bytes, BLOCK);
}
