import type { Logger } from 'pino';
import { createCachedObjects } from './cached-objects.js';
import { createFolderObjects } from './folder-objects.js';
import { createObjectCache, type ObjectCache } from './object-cache.js';
import type { ObjectStore } from './object-store.js';
import type { S3Connection } from './s3-objects.js';
import { isInS3, rejectMistyped } from './s3-place.js';

/** What is needed to reach objects in S3. A process can send it to another. */
export interface StorageSettings extends S3Connection {
  /** The folder of local copies. */
  readonly cache: string;
  /** Bytes that local copies may take. */
  readonly cacheCapacity: number;
}

/**
 * Opens the objects of a place, a folder or `s3://bucket/prefix`, without asking for any. Those in S3 are read
 * through local copies.
 * @param setting the setting that names the place, for messages
 * @throws InputError when it is not a place
 */
export async function openObjects(
  place: string,
  setting: string,
  settings: StorageSettings,
  logger: Pick<Logger, 'warn'>,
): Promise<ObjectStore> {
  const store = await openStoredObjects(place, setting, settings);
  return isInS3(place) ? createCachedObjects(store, openObjectCache(settings, logger)) : store;
}

/**
 * Opens the objects of a place, which are always read from there.
 * @param setting the setting that names the place, for messages
 * @throws InputError when it is not a place
 */
export async function openStoredObjects(
  place: string,
  setting: string,
  { endpoint, region }: S3Connection,
): Promise<ObjectStore> {
  rejectMistyped(place, setting === place ? place : `${setting}=${JSON.stringify(place)}`);
  if (!isInS3(place)) return createFolderObjects(place);
  // Only here, so that a process without S3 does not load its client.
  const { createS3Objects } = await import('./s3-objects.js');
  return createS3Objects({ place, setting, endpoint, region });
}

/** Opens the local copies of what is in S3. */
export function openObjectCache(
  { cache, cacheCapacity }: StorageSettings,
  logger: Pick<Logger, 'warn'>,
): ObjectCache {
  return createObjectCache({ folder: cache, capacity: cacheCapacity, logger });
}
