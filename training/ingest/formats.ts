import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import { DATASET_CARD_FILE } from '../../src/datasets/card.js';
import { InputError } from '../../src/errors.js';
import { describeMissing } from '../data/describe-missing.js';
import { NPZ } from './arrays/npz.js';
import { EXPERANTO } from './experanto/experanto.js';
import { FOUR_FILES } from './four-files.js';
import { HDF5 } from './hdf5/hdf5-format.js';
import type { LabFile } from './lab-file.js';
import { MATLAB } from './matlab/matlab.js';
import { SENSORIUM } from './sensorium/sensorium.js';
import { TABLE_FOLDER } from './table-folder/table-folder.js';

/** A kind of file or folder that a lab has. */
export interface LabFormat {
  /** As a person names it, such as `a folder of Sensorium 2022`. */
  readonly name: string;
  /** Whether a file or a folder is of this kind, by its content and not by its name. */
  matches(place: string): Promise<boolean>;
  /** @throws InputError naming what cannot be used, and what to do */
  open(place: string): Promise<LabFile>;
}

/** All formats, in the order in which they are tried. */
export const FORMATS: readonly LabFormat[] = [
  FOUR_FILES,
  SENSORIUM,
  EXPERANTO,
  HDF5,
  TABLE_FOLDER,
  MATLAB,
  NPZ,
];

/**
 * Opens a recording with the first format that it has.
 * @throws InputError where there is no such file, or of an unknown kind
 */
export async function openLabFile(place: string, formats: readonly LabFormat[]): Promise<LabFile> {
  const found = await stat(place).catch(async (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new InputError(await describeMissing(place, 'a recording'), [], { cause });
  });
  if (found.isFile() && found.size === 0) {
    throw new InputError(`${place} is empty: it has 0 bytes; expected a recording`);
  }
  if (await lstat(path.join(place, DATASET_CARD_FILE)).catch(() => undefined)) {
    throw new InputError(
      `${place} is a dataset already; expected a recording: to train on it, hypercolumn train --data ${place}`,
    );
  }
  for (const format of formats) if (await format.matches(place)) return await format.open(place);
  throw new InputError(
    `unknown kind of ${found.isDirectory() ? 'folder' : 'file'}: ${place}; expected ` +
      formats.map(({ name }) => name).join('; '),
  );
}
