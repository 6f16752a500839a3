import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { nearestName } from '../../src/formats/nearest-name.js';

/**
 * Says that a place does not exist, and which one was probably meant.
 * @param expected such as `a recording`
 * @returns such as `there is no file or folder data/tnag; expected a recording; did you mean data/tang?`
 */
export async function describeMissing(place: string, expected: string): Promise<string> {
  const folder = path.dirname(place);
  const near = nearestName(path.basename(place), await readdir(folder).catch(() => []));
  const hint = near === undefined ? '' : `; did you mean ${path.join(folder, near)}?`;
  return `there is no file or folder ${place}; expected ${expected}${hint}`;
}
