import type sharp from 'sharp';

/** Loads the library of image files with its native code, which a start without images does without. */
export async function loadImageLibrary(): Promise<typeof sharp> {
  return (await import('sharp')).default;
}
