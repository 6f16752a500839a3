import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { lstat, readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import packageFile from '../../package.json' with { type: 'json' };
import { DamagedError, InputError } from '../errors.js';
import { hasCode, isSystemError } from '../files/disk-error.js';
import { readWhole, roomFor, sha256, writeWhole } from '../files/whole-file.js';
import { encodeSafetensors, type NamedTensor, readSafetensors } from '../formats/safetensors.js';

/** Identifies responses by their model and their stimuli. */
export interface CacheEntry {
  /** Digest of the model. */
  readonly model: string;
  /** `setDigest` of the stimuli as the model sees them, whatever they were fitted from. */
  readonly stimuli: string;
  /** Stimuli. */
  readonly count: number;
  /** The label of the engine: responses of two engines differ by rounding. */
  readonly engine: string;
}

/** Responses by column of the model's population: one number per stimulus. */
export type ResponseColumns = ReadonlyMap<number, Float32Array>;

/** Responses on disk, as far as they were computed before. */
export interface ResponseCache {
  /** That it takes. */
  readonly bytes: number;
  /** @returns those of the columns that are there; a damaged file counts as none and is removed */
  read(entry: CacheEntry, columns: Int32Array): Promise<ResponseColumns>;
  /** Adds columns to those that are there. What goes wrong is logged, no more: the answer is known. */
  write(entry: CacheEntry, columns: ResponseColumns): Promise<void>;
}

export interface ResponseCacheOptions {
  readonly folder: string;
  /** Bytes; 0: nothing is cached. */
  readonly capacity: number;
  readonly logger: Logger;
}

/** A start reads the size of each file. */
const MAX_FILES = 20_000;
const KEY = /^[0-9a-f]{64}$/;
const DAMAGE = [InputError, DamagedError];
/** Of a file; more are never written at a time. */
const MAX_BYTES = 2 ** 31 - 1;
/** Bytes of a sha256. */
const SEAL = 32;

/**
 * Opens the cache in a folder: one file for each model and set of stimuli, with a tensor for each
 * column that was computed, sealed by a sha256 over key and tensors. The files used least recently
 * leave when the room is used up; their times on disk keep the order over a restart.
 */
export async function openResponseCache(options: ResponseCacheOptions): Promise<ResponseCache> {
  const { folder, capacity, logger } = options;
  /** Bytes by key, the one used last at the end. */
  const files = new LRUCache<string, number>({
    max: MAX_FILES,
    maxSize: Math.max(1, capacity),
    sizeCalculation: roomFor,
    dispose: (_, key, reason) => {
      if (reason !== 'set') removeFile(key);
    },
  });
  let line = Promise.resolve();
  for (const { key, bytes } of await filesByUse(folder)) {
    files.set(key, bytes);
    // larger than all may be together, since the capacity was lowered
    if (!files.has(key)) removeFile(key);
  }

  return {
    read,
    write,
    get bytes() {
      return files.calculatedSize;
    },
  };

  async function read(entry: CacheEntry, columns: Int32Array): Promise<ResponseColumns> {
    const key = cacheKey(entry);
    const all = await open(key, entry.count);
    if (all.size === 0) return all;
    files.get(key);
    const now = new Date();
    // a disk that has become read-only keeps the order of before
    await utimes(setFile(key), now, now).catch(() => undefined);
    return new Map(
      Array.from(columns).flatMap((column) => {
        const values = all.get(column);
        return values ? [[column, values] as const] : [];
      }),
    );
  }

  async function write(entry: CacheEntry, columns: ResponseColumns): Promise<void> {
    // one after the other, so that none takes away what another adds
    line = line
      .then(() => add(entry, columns))
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'responses could not be cached');
      });
    await line;
  }

  async function add(entry: CacheEntry, columns: ResponseColumns): Promise<void> {
    const key = cacheKey(entry);
    const all = new Map([...(await open(key, entry.count)), ...columns]);
    const tensors = new Map(
      [...all].map(([column, data]): [string, NamedTensor] => [
        String(column),
        { shape: [entry.count], data },
      ]),
    );
    const body = encodeSafetensors(tensors);
    const file = Buffer.concat([sealFile(key, body), body]);
    if (file.length > capacity) return;
    await writeWhole(setFile(key), file);
    files.set(key, file.length);
  }

  /** All columns of a file that are views on it; none where it is not there, or damaged. */
  async function open(key: string, count: number): Promise<ResponseColumns> {
    try {
      return parse(key, await readWhole(setFile(key), MAX_BYTES), count);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return new Map();
      if (isSystemError(error)) {
        logger.warn(
          { key, err: error },
          'cached responses cannot be read; they are computed again',
        );
        return new Map();
      }
      if (!DAMAGE.some((kind) => error instanceof kind)) throw error;
      logger.warn({ key, err: error }, 'cached responses are damaged; they are computed again');
      files.delete(key);
      return new Map();
    }
  }

  /** What cannot be removed is of no account, but for the room that it takes. */
  function removeFile(key: string): void {
    try {
      rmSync(setFile(key), { force: true });
    } catch (error) {
      logger.warn({ key, err: error }, 'cached responses cannot be removed');
    }
  }

  function setFile(key: string): string {
    return path.join(folder, key);
  }
}

/** The version is part of the key, because a new version of the program may compute other numbers. */
function cacheKey({ model, stimuli, engine }: CacheEntry): string {
  return sha256(JSON.stringify([packageFile.version, engine, model, stimuli]));
}

/** @throws InputError or DamagedError when it is not what was written under this key */
function parse(key: string, file: Buffer, count: number): ResponseColumns {
  const body = file.subarray(SEAL);
  if (!sealFile(key, body).equals(file.subarray(0, SEAL)))
    throw new DamagedError('its seal is broken');
  return new Map(
    [...readSafetensors(body)].map(([column, { element, bytes }]) => {
      if (element !== 'F32' || bytes.length !== 4 * count)
        throw new DamagedError('its shape differs');
      return [Number(column), new Float32Array(new Uint8Array(bytes).buffer)];
    }),
  );
}

function sealFile(key: string, body: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(body).digest();
}

async function filesByUse(folder: string): Promise<{ key: string; bytes: number }[]> {
  const found: { key: string; bytes: number; used: number }[] = [];
  for (const key of await readdir(folder)) {
    const file = KEY.test(key)
      ? await lstat(path.join(folder, key)).catch(() => undefined)
      : undefined;
    if (file?.isFile()) found.push({ key, bytes: file.size, used: file.mtimeMs });
  }
  return found.toSorted((a, b) => a.used - b.used);
}
