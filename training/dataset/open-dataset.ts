import path from 'node:path';
import {
  DATASET_CARD_FILE,
  DATASET_FILES,
  type DatasetCard,
  imagesShape,
  PARTS,
  type Part,
} from '../../src/datasets/card.js';
import { readDatasetCard } from '../../src/datasets/read-card.js';
import { InputError } from '../../src/errors.js';
import { readNamed, sha256 } from '../../src/files/whole-file.js';
import { decodeNpy, elementCount, NPY_HEADER_BYTES, type NpyData } from '../../src/formats/npy.js';
import { STORED_BYTES, type StoredElement } from '../../src/formats/npy-elements.js';
import { digestOfFile, openRowFile, type RowFile } from '../data/row-file.js';

/** A dataset on disk. Its images and trials stay in their files. */
export interface OpenedDataset {
  readonly folder: string;
  readonly card: DatasetCard;
  /** SHA-256 of its card, which names the SHA-256 of every file. */
  readonly digest: string;
  /** [images, height, width], or with 3 channels at the end. */
  readonly images: RowFile;
  /** [trials, neurons]; NaN where a neuron was not measured. */
  readonly trials: RowFile;
  /** The image of each trial. */
  readonly trialImages: Int32Array;
  /** [images, neurons]: the mean over the trials; NaN where a neuron was not measured. */
  readonly responses: Float32Array;
  /** Of each image. */
  readonly parts: readonly Part[];
  close(): Promise<void>;
}

/**
 * Opens a dataset and checks all of it: the card, the SHA-256 of each file, and that the arrays fit together.
 * @param folder the one that `writeDataset` made
 * @throws InputError naming the file that is missing, damaged, or not what the card says
 * @example
 * const dataset = await openDataset('data/v1.dataset');
 * const pixels = await dataset.images.rows([0, 1, 2]);
 * await dataset.close();
 */
export async function openDataset(folder: string): Promise<OpenedDataset> {
  const { card, digest } = await readDatasetCard(folder);
  const { count } = card.images;
  const [neurons, trialCount] = [card.neurons.length, card.trials.count];
  const place = (name: keyof typeof DATASET_FILES): ArrayPlace => ({
    file: path.join(folder, DATASET_FILES[name]),
    sha256: card.files[DATASET_FILES[name]],
  });
  const responses = await readArray(place('responses'), 'f4', [count, neurons]);
  const trialImages = await readArray(place('trialImages'), 'i4', [trialCount]);
  const split = await readArray(place('split'), 'u1', [count]);
  checkTrialImages(place('trialImages'), trialImages, count);
  const parts = readParts(place('split'), split, card);
  const images = await openArray(place('images'), undefined, imagesShape(card.images));
  try {
    const trials = await openArray(place('trials'), 'f4', [trialCount, neurons]);
    return {
      ...{ folder, card, digest, images, trials, parts },
      responses: Float32Array.from(responses),
      trialImages: Int32Array.from(trialImages),
      async close() {
        await Promise.all([images.close(), trials.close()]);
      },
    };
  } catch (error) {
    await images.close();
    throw error;
  }
}

/** An array of a dataset, and what the card says of it. */
interface ArrayPlace {
  readonly file: string;
  readonly sha256: string;
}

/** Reads a whole array. */
async function readArray(
  { file, sha256: expected }: ArrayPlace,
  stored: StoredElement,
  shape: readonly number[],
): Promise<NpyData> {
  const most = elementCount(shape) * STORED_BYTES[stored] + NPY_HEADER_BYTES;
  const bytes = await readNamed(file, most);
  checkDigest(file, sha256(bytes), expected);
  const array = decodeNpy(bytes);
  checkArray(file, array, stored, shape);
  return array.data;
}

/** Opens an array that is read some rows at a time. */
async function openArray(
  { file, sha256: expected }: ArrayPlace,
  stored: StoredElement | undefined,
  shape: readonly number[],
): Promise<RowFile> {
  const rows = await openRowFile(file);
  try {
    checkDigest(file, await digestOfFile(file), expected);
    checkArray(file, rows, stored, shape);
    return rows;
  } catch (error) {
    await rows.close();
    throw error;
  }
}

function checkDigest(file: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new InputError(
    `${file} is damaged or was changed: its SHA-256 is ${found}; expected ${expected}, as in ` +
      `${DATASET_CARD_FILE}: make the dataset again`,
  );
}

function checkArray(
  file: string,
  found: Pick<RowFile, 'shape' | 'stored'>,
  stored: StoredElement = found.stored,
  shape: readonly number[],
): void {
  if (found.shape.join() === shape.join() && found.stored === stored) return;
  throw new InputError(
    `${file} is not what ${DATASET_CARD_FILE} says: ${found.stored} of shape ` +
      `(${found.shape.join(', ')}); expected ${stored} of shape (${shape.join(', ')})`,
  );
}

function checkTrialImages({ file }: ArrayPlace, trialImages: NpyData, images: number): void {
  const bad = trialImages.findIndex((image) => image < 0 || image >= images);
  if (bad < 0) return;
  throw new InputError(
    `${file}: trial ${bad} has the image ${trialImages[bad]}; expected 0 to ${images - 1}`,
  );
}

/** The parts of the images. Their number must be that of the card. */
function readParts({ file }: ArrayPlace, codes: NpyData, { split }: DatasetCard): Part[] {
  const parts = Array.from(codes, (code, image) => {
    const part = PARTS[code];
    if (part !== undefined) return part;
    throw new InputError(
      `${file}: image ${image} has the part ${code}; expected 0 to ${PARTS.length - 1}`,
    );
  });
  for (const part of PARTS) {
    const count = parts.filter((each) => each === part).length;
    if (count === split[part]) continue;
    throw new InputError(
      `${file} holds ${count} ${part} images; expected ${split[part]}, as in ${DATASET_CARD_FILE}`,
    );
  }
  return parts;
}
