import type { Logger } from 'pino';
import {
  openObjectCache,
  openStoredObjects,
  type StorageSettings,
} from '../objects/open-objects.js';
import { isInS3 } from '../objects/s3-place.js';
import { createFolderSource } from './folder-source.js';
import type { ModelSource } from './model-source.js';
import { createS3Source } from './s3-source.js';

/**
 * Opens the models of MODELS_DIR, without reading any.
 * @param place a folder, or `s3://bucket/prefix`
 * @throws InputError when it is neither
 */
export async function openModelSource(
  place: string,
  settings: StorageSettings,
  logger: Pick<Logger, 'warn'>,
): Promise<ModelSource> {
  if (!isInS3(place)) return createFolderSource(place);
  const objects = await openStoredObjects(place, 'MODELS_DIR', settings);
  return createS3Source(objects, openObjectCache(settings, logger));
}
