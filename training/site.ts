import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeNpy, type NpyElement } from '../src/formats/npy.js';
import { InputError } from '../src/input-error.js';
import type { Stimuli } from '../src/stimulus/stimuli.js';
import { digestOfFile, openRowFile, type RowFile } from './row-file.js';

/** Images with the responses of a site's neurons to them. */
export interface Recording {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly neurons: number;
  /** [images, neurons], row-major */
  readonly responses: Float32Array;
  /** Reads some images. */
  stimuli(indices: ArrayLike<number>): Promise<Stimuli>;
}

/** The data of one recording site. */
export interface Site {
  readonly name: string;
  readonly training: Recording;
  readonly validation: Recording;
  /** sha256 of each file, by its name. */
  readonly digests: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** The white of integer pixels; floats are 0..1. */
const WHITE: Partial<Record<NpyElement, number>> = { u1: 255, u2: 65535, f4: 1, f8: 1 };

const PIXELS = { u1: Uint8Array, u2: Uint16Array, f4: Float32Array, f8: Float64Array } as const;

/**
 * Opens a site in the file layout of the paper's code: `train_img_{site}.npy`,
 * `trainRsp_{site}.npy`, `val_img_{site}.npy`, `valRsp_{site}.npy`; images (n, h, w) or
 * (n, h, w, 1), responses (n, neurons). Images stay on disk.
 * @throws InputError naming the file and what is wrong with it
 */
export async function openSite(folder: string, name: string): Promise<Site> {
  const file = (prefix: string) => path.join(folder, `${prefix}_${name}.npy`);
  const files = ['train_img', 'trainRsp', 'val_img', 'valRsp'].map(file);
  const opened: RowFile[] = [];
  try {
    const [training, validation] = [
      await openRecording(files[0]!, files[1]!, opened),
      await openRecording(files[2]!, files[3]!, opened),
    ];
    if (training.height !== validation.height || training.width !== validation.width) {
      throw new InputError(`${files[0]} and ${files[2]} hold images of different sizes`);
    }
    if (training.neurons !== validation.neurons) {
      throw new InputError(
        `${files[1]} holds ${training.neurons} neurons, ${files[3]} ${validation.neurons}`,
      );
    }
    const digests = await Promise.all(
      files.map(async (each) => [path.basename(each), await digestOfFile(each)] as const),
    );
    return { name, training, validation, digests: Object.fromEntries(digests), close };
  } catch (error) {
    await close();
    throw error;
  }

  async function close(): Promise<void> {
    await Promise.all(opened.map((each) => each.close()));
  }
}

async function openRecording(
  imageFile: string,
  responseFile: string,
  opened: RowFile[],
): Promise<Recording> {
  const images = await openRowFile(imageFile);
  opened.push(images);
  const [count, height, width, channels = 1] = images.shape;
  if (images.shape.length < 3 || images.shape.length > 4 || channels !== 1) {
    throw new InputError(
      `${imageFile} has shape (${images.shape.join(', ')}): gray images are (n, height, width)`,
    );
  }
  const white = WHITE[images.element];
  if (white === undefined) {
    throw new InputError(`${imageFile}: images are uint8, uint16, float32 or float64`);
  }
  const { responses, rows, neurons } = await readResponses(responseFile);
  if (rows !== count) {
    throw new InputError(`${imageFile} holds ${count} images, ${responseFile} ${rows} responses`);
  }
  const size = { height: height!, width: width! };
  await checkImages(imageFile, images, white);
  return {
    count,
    ...size,
    neurons,
    responses,
    stimuli: async (indices) => ({
      count: indices.length,
      ...size,
      pixels: toPixels(images.element, await images.rows(indices), white),
    }),
  };
}

async function readResponses(file: string) {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new InputError(`${file} cannot be read: is it there?`, [], { cause });
  });
  let array: ReturnType<typeof decodeNpy>;
  try {
    array = decodeNpy(bytes);
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`, [], { cause: error });
  }
  const [rows, neurons] = array.shape;
  if (array.shape.length !== 2 || !rows || !neurons) {
    throw new InputError(`${file} has shape (${array.shape.join(', ')}): it is (images, neurons)`);
  }
  const bad = array.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const [image, neuron] = [Math.floor(bad / neurons), bad % neurons];
    throw new InputError(
      `${file}: the response of neuron ${neuron} to image ${image} is not a number`,
    );
  }
  return { responses: Float32Array.from(array.data), rows, neurons };
}

/** Reads all images once, in passing, so that bad pixels are told before the training begins. */
async function checkImages(file: string, images: RowFile, white: number): Promise<void> {
  const count = images.shape[0]!;
  const step = 500;
  for (let first = 0; first < count; first += step) {
    const rows = Array.from({ length: Math.min(step, count - first) }, (_, i) => first + i);
    const pixels = toPixels(images.element, await images.rows(rows), white);
    const bad = pixels.findIndex((value) => !(value >= 0 && value <= 1));
    if (bad < 0) continue;
    const image = first + Math.floor(bad / (pixels.length / rows.length));
    throw new InputError(
      `${file}: image ${image} has a pixel of ${pixels[bad]}; floats are 0 to 1, integers 0 to 255`,
    );
  }
}

function toPixels(
  element: NpyElement,
  bytes: Uint8Array<ArrayBuffer>,
  white: number,
): Float32Array {
  const Kind = PIXELS[element as keyof typeof PIXELS];
  const values = new Kind(
    bytes.buffer,
    bytes.byteOffset,
    bytes.byteLength / Kind.BYTES_PER_ELEMENT,
  );
  return Float32Array.from(values, (value) => value / white);
}
