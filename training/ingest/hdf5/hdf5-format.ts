import { findSources } from '../arrays/find-sources.js';
import type { LabFormat } from '../formats.js';
import type { LabFile } from '../lab-file.js';
import { arraysOf } from '../matlab/collect.js';
import { isNwb, readNwb } from '../nwb/read-nwb.js';
import { naming } from '../read-file.js';
import { isMatlab73, readMatlabVariables } from './matlab-values.js';
import { type Hdf5File, openHdf5 } from './open-hdf5.js';
import { readPlainArrays } from './plain-arrays.js';
import { findSuperblock } from './signature.js';

/** Files of HDF5; NWB and version 7.3 of MATLAB are two kinds of it. */
export const HDF5: LabFormat = {
  name: 'an NWB file, or another HDF5 file',
  matches: async (place) => (await findSuperblock(place)) !== undefined,
  async open(place) {
    const file = await openHdf5(place);
    try {
      return await readHdf5(file, place);
    } catch (error) {
      await file.close();
      throw error;
    }
  },
};

/**
 * Finds images, presentations and responses of an HDF5 file of any kind.
 * @param place for messages
 * @throws InputError where one of the three is missing, or cannot be used
 */
export async function readHdf5(file: Hdf5File, place: string): Promise<LabFile> {
  if (isNwb(file)) return await readNwb(file, place);
  return await naming(place, async () => {
    if (!isMatlab73(file)) return await findSources(await readPlainArrays(file));
    return await findSources(arraysOf(await readMatlabVariables(file), () => file.close()));
  });
}
