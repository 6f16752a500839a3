import type sharp from 'sharp';
import { NoImageLibraryError } from '../errors.js';

/**
 * Loads the library of image files with its native code, which a start without images does without.
 * @throws NoImageLibraryError where it is not installed for this machine
 */
export async function loadImageLibrary(load = () => import('sharp')): Promise<typeof sharp> {
  try {
    return (await load()).default;
  } catch (cause) {
    const machine = `${process.platform}-${process.arch}`;
    throw new NoImageLibraryError(
      `image files can be neither read nor written: the package sharp does not work on ${machine}; expected it ` +
        'after `npm install --include=optional sharp`, or stimuli as .npy or JSON',
      { cause },
    );
  }
}
