import { readdir } from 'node:fs/promises';
import type { LabFormat } from '../formats.js';
import { naming } from '../read-file.js';
import { isZip, openFileTree } from './file-tree.js';
import { findSources } from './find-sources.js';
import type { NamedArray, NamedTexts } from './named-array.js';
import { openNpy } from './npy-array.js';

/** Arrays of numpy: an .npz file, or .npy files in a folder. */
export const NPZ: LabFormat = {
  name: 'a file of numpy.savez (.npz), or a folder of .npy files',
  async matches(place) {
    const names = await readdir(place).catch(() => undefined);
    return names === undefined ? await isZip(place) : names.some(isNpy);
  },
  async open(place) {
    return await naming(place, async () => {
      const tree = (await openFileTree(place))!;
      try {
        const arrays: NamedArray[] = [];
        const texts: NamedTexts[] = [];
        const notes: string[] = [];
        for (const file of tree.names.filter(isNpy)) {
          const name = file.slice(0, -'.npy'.length);
          const found = await openNpy(name, await tree.bytes(file));
          if ('array' in found) arrays.push(found.array);
          else if ('texts' in found) texts.push(found.texts);
          else notes.push(found.note);
        }
        return await findSources({
          format: 'arrays of numpy',
          ...{ arrays, texts, notes },
          usual: { imageAxis: 'first', firstIndex: 0 },
          close: tree.close,
        });
      } catch (error) {
        await tree.close();
        throw error;
      }
    });
  },
};

function isNpy(name: string): boolean {
  return name.endsWith('.npy');
}
