import { access } from 'node:fs/promises';
import path from 'node:path';
import { readRepeats } from '../data/repeats-file.js';
import { openRowFile, type RowFile } from '../data/row-file.js';

/**
 * Opens the trials behind the mean responses to the validation images of a site, `valRspRepeats_{site}.npy`.
 * @param means [images, neurons], the mean responses
 * @returns a row for each trial, all images of the first repeat first; NaN marks a missing trial. Undefined where there
 *   is no such file
 * @throws InputError where its shape or its means are not those of the site
 */
export async function openRepeatedRows(
  folder: string,
  site: string,
  means: RowFile,
): Promise<RowFile | undefined> {
  const place = path.join(folder, `valRspRepeats_${site}.npy`);
  const isThere = await access(place).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const [count = 0, neurons = 0] = means.shape;
  const responses = Float32Array.from(await means.rows(Array.from({ length: count }, (_, i) => i)));
  await readRepeats(folder, site, { count, neurons, responses });
  const file = await openRowFile(place);
  const [repeats = 0] = file.shape;
  return {
    ...file,
    shape: [repeats * count, neurons],
    async rows(indices) {
      const own = Array.from(indices);
      const first = Math.floor(own[0]! / count);
      const last = Math.floor(own.at(-1)! / count);
      const read = await file.rows(Array.from({ length: last - first + 1 }, (_, i) => first + i));
      const start = own[0]! - first * count;
      return read.slice(start * neurons, (start + own.length) * neurons);
    },
  };
}
