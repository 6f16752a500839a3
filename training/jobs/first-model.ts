import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../../src/files/whole-file.js';
import type { AskedModel } from '../../src/models/find-version.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import type { DataJobContext } from './context.js';

const Kept = z.strictObject({ version: z.int().positive() });

/**
 * Opens the model that a training begins with. Where no version is named it is the latest one when the job runs first:
 * a job that goes on after it was killed goes on from the same version.
 * @throws InputError when there is none
 */
export async function openFirstModel(
  { name, version }: AskedModel,
  { work, openModel }: Pick<DataJobContext, 'work' | 'openModel'>,
): Promise<SavedModel> {
  const file = path.join(work, 'from.json');
  const kept = await readFile(file, 'utf8')
    .then((text) => Kept.parse(JSON.parse(text)).version)
    .catch(() => undefined);
  const model = await openModel({ name, version: version ?? kept });
  await mkdir(work, { recursive: true });
  await writeWhole(file, JSON.stringify({ version: model.card.version }));
  return model;
}
