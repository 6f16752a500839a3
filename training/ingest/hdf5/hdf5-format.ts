import { InputError } from '../../../src/errors.js';
import type { LabFormat } from '../formats.js';
import { isNwb, readNwb } from '../nwb/read-nwb.js';
import { openHdf5 } from './open-hdf5.js';
import { findSuperblock } from './signature.js';

/** Files of HDF5, of which NWB is one kind. */
export const HDF5: LabFormat = {
  name: 'an NWB file',
  matches: async (place) => (await findSuperblock(place)) !== undefined,
  async open(place) {
    const file = await openHdf5(place);
    try {
      if (isNwb(file)) return await readNwb(file, place);
      throw new InputError(`${place} is HDF5, but not NWB; expected the attribute nwb_version`);
    } catch (error) {
      await file.close();
      throw error;
    }
  },
};
