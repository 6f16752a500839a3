import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../errors.js';
import { onDisk, unless } from '../files/disk-error.js';
import { createWhole, readNamed } from '../files/whole-file.js';
import { decodeNpy, encodeNpy, NPY_HEADER_BYTES } from '../formats/npy.js';
import {
  imageAxes,
  imageLength,
  type StimulusImage,
  type StimulusShape,
  stimulusDigest,
} from '../stimulus/stimuli.js';

/** The images of trials: a .npy file of float32 for each, named by its digest. */
export interface TrialImages {
  has(digest: string): boolean;
  /** Resolves when the image is on the disk. @throws DiskError */
  save(digest: string, image: StimulusImage): Promise<void>;
  /** @throws InputError where the file is missing, or does not hold the image with this digest */
  read(digest: string): Promise<Float32Array>;
}

const NAME = /^([0-9a-f]{64})\.npy$/;

/** Opens the images in a folder, which need not be there yet. */
export async function openTrialImages(
  folder: string,
  { height, width, channels }: StimulusShape,
): Promise<TrialImages> {
  const files = (await readdir(folder).catch(unless('ENOENT'))) ?? [];
  const known = new Set(files.flatMap((file) => NAME.exec(file)?.[1] ?? []));
  const shape = { height, width, channels };
  const length = imageLength(shape);
  const fileOf = (digest: string) => path.join(folder, `${digest}.npy`);
  return {
    has: (digest) => known.has(digest),

    async save(digest, { pixels }) {
      if (known.has(digest)) return;
      await onDisk('the images of trials cannot be saved', async () => {
        // Nothing is made where the dataset has been deleted.
        for (const each of [path.dirname(folder), folder])
          await mkdir(each).catch(unless('EEXIST'));
        await createWhole(fileOf(digest), encodeNpy(pixels, imageAxes(shape)));
      });
      known.add(digest);
    },

    async read(digest) {
      const file = fileOf(digest);
      const most = NPY_HEADER_BYTES + length * Float32Array.BYTES_PER_ELEMENT;
      const bytes = await readNamed(file, most);
      const pixels = pixelsOf(bytes);
      if (pixels?.length === length) {
        if (stimulusDigest({ ...shape, pixels }) === digest) return pixels;
      }
      throw new InputError(
        `${file} is damaged or was changed; expected the image with the digest of its name: copy it back, or ` +
          'leave the trials out with --without-trials',
      );
    },
  };
}

/** @returns undefined where the bytes are no array */
function pixelsOf(bytes: Uint8Array): Float32Array | undefined {
  try {
    return Float32Array.from(decodeNpy(bytes).data);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
