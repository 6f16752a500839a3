import { InputError } from '../../../src/errors.js';
import { findSources } from '../arrays/find-sources.js';
import type { LabFormat } from '../formats.js';
import { naming, readHead } from '../read-file.js';
import { arraysOf } from './collect.js';
import { isMat4, isMat5, openMatFile } from './mat-file.js';

/** Enough to distinguish the versions. */
const HEAD_BYTES = 128;

/** A .mat file of version 5 or 7; version 7.3 is HDF5. */
export const MATLAB: LabFormat = {
  name: 'a MATLAB file (.mat of version 5 to 7.3)',
  async matches(place) {
    const head = await readHead(place, HEAD_BYTES);
    return isMat5(head) || isMat4(head);
  },
  async open(place) {
    if (isMat4(await readHead(place, HEAD_BYTES))) {
      throw new InputError(
        `${place} is a MATLAB file of version 4, which is not read; expected version 7: save it with ` +
          "save('file.mat', '-v7')",
      );
    }
    return await naming(place, async () => {
      const { variables, close } = await openMatFile(place);
      try {
        return await findSources(arraysOf(variables, close));
      } catch (error) {
        await close();
        throw error;
      }
    });
  },
};
