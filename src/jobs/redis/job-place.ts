import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { StorageError } from '../../errors.js';
import type { ObjectStore } from '../../objects/object-store.js';
import { inStorage } from '../../objects/storage-fault.js';
import { PREFIX } from '../../redis/connection.js';

/** Where the services and workers of one Redis keep what their jobs found. */
export interface JobPlace {
  /**
   * Reads the id of the place, which is written there once.
   * @throws DiskError or StorageError
   */
  readId(): Promise<string>;
  /**
   * Compares the place with that of the other services and workers; the first one sets it.
   * @returns why jobs cannot be shared from here, undefined where they can
   * @throws DiskError or StorageError
   */
  findFault(redis: Redis): Promise<string | undefined>;
}

export interface JobPlaceOptions {
  /** Of all jobs. */
  readonly objects: ObjectStore;
  /** The setting DATA_DIR, for messages. */
  readonly dataDir: string;
  /** The setting REDIS_URL. */
  readonly url: string;
}

/** Hidden, as it is no file of a job. */
const FILE = '.place';
const MAX_BYTES = 1024;
const KEY = `${PREFIX}:place`;

/** Opens the place of jobs, without asking for it. */
export function openJobPlace({ objects, dataDir, url }: JobPlaceOptions): JobPlace {
  let known: string | undefined;
  return {
    readId,
    async findFault(redis) {
      const id = await readId();
      await redis.set(KEY, id, 'NX');
      if ((await redis.get(KEY)) === id) return undefined;
      const { protocol, host } = new URL(url);
      return (
        `DATA_DIR=${JSON.stringify(dataDir)} is not the one of the services with this Redis (${host}); expected ` +
        `the same folder or place in S3, or another database of Redis such as ${protocol}//${host}/1`
      );
    },
  };

  async function readId(): Promise<string> {
    known ??= await inStorage('the place of the jobs cannot be read', findOrWrite);
    return known;
  }

  async function findOrWrite(): Promise<string> {
    const found = await objects.read(FILE, MAX_BYTES);
    if (found) return found.content.toString();
    const id = randomUUID();
    const isWritten = await objects.put(FILE, Buffer.from(id), { ifAbsent: true });
    return isWritten ? id : findOrWrite();
  }
}

/** Whether a service may use the jobs of a Redis. */
export interface PlaceWatch {
  /** @throws StorageError where the place is another one, or cannot be read; DiskError */
  check(): Promise<void>;
  /** As `check`, with what was found before. @throws StorageError */
  checkKnown(): void;
}

/** Checks the place whenever a connection to Redis is made, and logs where it is another one. */
export function watchPlace(redis: Redis, place: JobPlace, logger: Logger): PlaceWatch {
  let finding: Promise<void> | undefined;
  let fault: string | undefined;
  redis.on('ready', () => {
    finding = undefined;
    find().catch(() => undefined); // The next job says so to its client.
  });
  return {
    async check() {
      await find();
      checkKnown();
    },
    checkKnown,
  };

  function find(): Promise<void> {
    finding ??= findNow().catch((error: unknown) => {
      finding = undefined;
      throw error;
    });
    return finding;
  }

  async function findNow(): Promise<void> {
    const found = await place.findFault(redis);
    if (found !== undefined && found !== fault) logger.error(found);
    fault = found;
  }

  function checkKnown(): void {
    if (fault === undefined) return;
    throw new StorageError(
      `jobs cannot be shared: ${fault}`,
      { reason: fault, isPassing: false },
      undefined,
    );
  }
}
