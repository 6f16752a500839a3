import { setTimeout as pause } from 'node:timers/promises';
import { DiskError, InputError, StorageError } from '../errors.js';
import type { ObjectStore } from './object-store.js';
import { inStorage } from './storage-fault.js';

/** A setting that names a folder or a place in S3. */
export interface PlaceSetting {
  readonly name: 'MODELS_DIR' | 'DATA_DIR';
  readonly place: string;
}

export interface FirstUse {
  readonly setting: PlaceSetting;
  /** What there is not while S3 is away, such as `no models yet`. */
  readonly missing: string;
  readonly logger: { warn(message: string): void };
  /** Milliseconds until S3 is asked again. */
  readonly pauseMs?: number;
}

/**
 * Uses a place for the first time. While S3 cannot be reached it waits, and logs each reason once.
 * @param use throws DiskError or StorageError where the place cannot be used
 * @throws InputError where only another setting helps, such as other credentials
 */
export async function useAtStart<T>(options: FirstUse, use: () => Promise<T>): Promise<T> {
  const { setting, missing, logger, pauseMs = 1000 } = options;
  const logged = new Set<string>();
  for (;;) {
    try {
      return await use();
    } catch (error) {
      const reason = passingReason(setting, error);
      if (!logged.has(reason)) logger.warn(`${missing}: ${reason}; it is asked again`);
      logged.add(reason);
      await pause(pauseMs);
    }
  }
}

/**
 * Checks that the setting of a place is right, as far as S3 can be reached.
 * @throws InputError where only another setting helps
 */
export async function checkPlace(setting: PlaceSetting, objects: ObjectStore): Promise<void> {
  try {
    await inStorage(`${setting.name} cannot be listed`, () =>
      objects.list()[Symbol.asyncIterator]().next(),
    );
  } catch (error) {
    passingReason(setting, error);
  }
}

/** Returns why a place cannot be used now. @throws InputError where only another setting helps */
function passingReason({ name, place }: PlaceSetting, cause: unknown): string {
  if (!(cause instanceof StorageError || cause instanceof DiskError)) throw cause;
  const { reason } = cause;
  if (cause instanceof StorageError && cause.isPassing) return reason;
  throw new InputError(`${name}=${JSON.stringify(place)} cannot be used: ${reason}`, [], { cause });
}
