import { DamagedError, InputError, StoreFullError } from '../errors.js';
import { isSystemError } from '../files/disk-error.js';
import { roomFor, sha256InSlices } from '../files/whole-file.js';
import type { Channels } from '../formats/channels.js';
import { decodeNpyHeader, encodeNpy, NPY_HEADER_BYTES } from '../formats/npy.js';
import type { StoredElement } from '../formats/npy-elements.js';
import type { ObjectInfo, ObjectStore } from '../objects/object-store.js';
import { inStorage } from '../objects/storage-fault.js';
import { stimulusDigests } from '../stimulus/chunks.js';
import { decodeNpyStimuli } from '../stimulus/decode/array.js';
import { imageAxes, type Stimuli, setDigest } from '../stimulus/stimuli.js';
import { compactPixels } from './compact-pixels.js';

/** What is known of a stored set without reading its pixels. */
export interface StoredSet {
  /** `setDigest` over its stimuli. */
  readonly digest: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
  /** In which its pixels are kept: `u1`, `u2` or `f4`. */
  readonly element: StoredElement;
  /** Of its file. */
  readonly bytes: number;
  /** When it was last written. */
  readonly storedAt: Date;
}

/** A set as it was read and found whole. */
export interface OpenedSet {
  readonly stored: StoredSet;
  readonly stimuli: Stimuli;
  readonly stimulusDigests: readonly string[];
  /** The set as .npy of shape (n, height, width), or (n, height, width, 3) in colour. */
  readonly file: Uint8Array;
}

/** Stored stimulus sets, by their digests. */
export interface StimulusSets {
  /** The most bytes that they may take together. */
  readonly capacity: number;
  /**
   * Stores a set, whole or not at all; one that is there already is written anew, which mends it, unless it is
   * known to be whole.
   * @param digests of its stimuli
   * @returns the set, and whether it was not there before
   * @throws StoreFullError when there is no room
   * @throws DiskError or StorageError when the disk or S3 does not take it
   */
  put(stimuli: Stimuli, digests: readonly string[]): Promise<{ set: StoredSet; created: boolean }>;
  /**
   * @returns undefined when there is none
   * @throws DamagedError when the pixels do not have the digest
   * @throws DiskError or StorageError when the disk or S3 does not give it
   */
  read(digest: string): Promise<OpenedSet | undefined>;
  /** Those whose files can be read at all, oldest first. */
  list(): Promise<StoredSet[]>;
  /** @returns whether it was there */
  remove(digest: string): Promise<boolean>;
}

/** So many at most, so that listing them stays quick. */
const MAX_SETS = 10_000;
/** Of a set's file; more are never written at a time. */
const MAX_BYTES = 2 ** 31 - 1;
/** Headers that are read at the same time. */
const AT_ONCE = 16;
const KEY = /^([0-9a-f]{64})\.npy$/;
const NO_LIMITS = { maxStimuli: Infinity, maxPixels: Infinity };

/**
 * Keeps stimulus sets as .npy files, named by their digests. Several services may share them: each call looks
 * at what is there.
 * @param capacity bytes
 */
export function createStimulusSets(objects: ObjectStore, capacity: number): StimulusSets {
  let line: Promise<unknown> = Promise.resolve();
  /** Concurrent requests share a set in memory, since even a small request needs the whole set. */
  const reading = new Map<string, Promise<OpenedSet | undefined>>();
  /** What the headers hold of the sets that were last listed, by their objects as they were then. */
  let glanced = new Map<string, StoredSet>();
  return { capacity, put, read, list, remove };

  async function put(stimuli: Stimuli, digests: readonly string[]) {
    const { count, pixels } = stimuli;
    const digest = setDigest(digests);
    const file = encodeNpy(compactPixels(pixels), [count, ...imageAxes(stimuli)]);
    // one after the other: the room that is found must still be there when it is taken
    const created = inLine(() =>
      inStorage('the stimulus set cannot be stored', () => store(keyOf(digest), file)),
    );
    return { created: await created, set: describe(digest, file, file.length, new Date()) };
  }

  /** @returns whether it was not there before, also where another replica stores it at the same time */
  async function store(key: string, file: Uint8Array): Promise<boolean> {
    const found = await objects.stat(key);
    if (found === undefined) {
      await checkRoom(file.length);
      if (await objects.put(key, file, { ifAbsent: true })) return true;
    } else if (!(await isSame(found, file))) {
      await objects.put(key, file);
    }
    return false;
  }

  function read(digest: string): Promise<OpenedSet | undefined> {
    const begun = reading.get(digest);
    if (begun) return begun;
    const started = readAlone(digest).finally(() => reading.delete(digest));
    reading.set(digest, started);
    return started;
  }

  async function readAlone(digest: string): Promise<OpenedSet | undefined> {
    const found = await inStorage('the stimulus set cannot be read', () =>
      objects.read(keyOf(digest), MAX_BYTES),
    ).catch((error: unknown) => {
      throw error instanceof InputError ? findDamage(digest, error) : error;
    });
    return found && check(digest, found.content, found.modified);
  }

  async function list(): Promise<StoredSet[]> {
    const known = new Map<string, StoredSet>();
    await inStorage('the stimulus sets cannot be listed', async () => {
      const found = await storedSets();
      for (let begin = 0; begin < found.length; begin += AT_ONCE) {
        const sets = await Promise.all(found.slice(begin, begin + AT_ONCE).map(glance));
        for (const [i, set] of sets.entries()) if (set) known.set(stampOf(found[begin + i]!), set);
      }
    });
    glanced = known;
    return [...known.values()].toSorted((a, b) => a.storedAt.getTime() - b.storedAt.getTime());
  }

  async function remove(digest: string): Promise<boolean> {
    return await inStorage('the stimulus set cannot be deleted', async () => {
      if ((await objects.stat(keyOf(digest))) === undefined) return false;
      await objects.remove(keyOf(digest));
      return true;
    });
  }

  /**
   * What the header holds; undefined when the set has gone or has no such header. One that cannot be opened
   * gives its reason when it is requested.
   */
  async function glance(info: ObjectInfo): Promise<StoredSet | undefined> {
    const known = glanced.get(stampOf(info));
    if (known) return known;
    try {
      const start = await objects.readStart(info.key, NPY_HEADER_BYTES);
      return start && describe(digestIn(info.key)!, start.content, start.bytes, start.modified);
    } catch (error) {
      if (error instanceof InputError || isSystemError(error)) return undefined;
      throw error;
    }
  }

  async function checkRoom(bytes: number): Promise<void> {
    if (roomFor(bytes) > capacity) {
      throw new StoreFullError(`the set takes ${bytes} bytes; all sets may take ${capacity}`, {
        tooLarge: true,
      });
    }
    const sets = await storedSets();
    const used = sets.reduce((sum, set) => sum + roomFor(set.bytes), 0);
    if (used + roomFor(bytes) > capacity || sets.length >= MAX_SETS) {
      throw new StoreFullError(
        `${sets.length} stimulus sets take ${used} of ${capacity} bytes (at most ${MAX_SETS} ` +
          `sets), this one would take ${bytes} more; delete some`,
      );
    }
  }

  async function storedSets(): Promise<ObjectInfo[]> {
    const sets: ObjectInfo[] = [];
    for await (const info of objects.list()) if (digestIn(info.key)) sets.push(info);
    return sets;
  }

  function inLine<T>(task: () => Promise<T>): Promise<T> {
    const result = line.then(task);
    line = result.catch(() => undefined);
    return result;
  }
}

/** Whether an object is known to hold this file, without reading it. */
async function isSame({ bytes, sha256 }: ObjectInfo, file: Uint8Array): Promise<boolean> {
  return sha256 !== undefined && bytes === file.length && sha256 === (await sha256InSlices(file));
}

function keyOf(digest: string): string {
  return `${digest}.npy`;
}

function digestIn(key: string): string | undefined {
  return KEY.exec(key)?.[1];
}

/** Changes when the object is written again. */
function stampOf({ key, bytes, modified }: ObjectInfo): string {
  return `${key} ${bytes} ${modified.getTime()}`;
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
  const [count, height, width, last] = shape;
  const isColour = shape.length === 4 && last === 3;
  if (!(shape.length === 3 || isColour) || !count || !height || !width) {
    throw new InputError('not a set');
  }
  const channels = isColour ? 3 : 1;
  return { digest, count, height, width, channels, element, bytes, storedAt };
}
