import { readFile } from 'node:fs/promises';
import { decodeNpy } from '../src/formats/npy.js';
import type { ElementValues, StoredElement } from '../src/formats/npy-elements.js';
import { InputError } from '../src/input-error.js';
import type { Stimuli } from '../src/stimulus/stimuli.js';
import type { ResponseMatrix } from '../src/tuning/response-matrix.js';
import { openRowFile, type RowFile } from './row-file.js';

/** Images with the responses of a site's neurons to them. */
export interface Recording {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly neurons: number;
  /** [images, neurons], row-major */
  readonly responses: Float32Array;
  /** Where the responses were read. */
  readonly responseFile: string;
  /** Reads some images. */
  stimuli(indices: ArrayLike<number>): Promise<Stimuli>;
}

/** What is refused of images unless it is asked for. */
export interface ImageRules {
  /** Whether an image may be of one gray all over. */
  readonly allowBlank: boolean;
}

/** The white of integer pixels; floats are 0..1. */
const WHITE: Partial<Record<StoredElement, number>> = {
  u1: 255,
  u2: 65535,
  b1: 1,
  f2: 1,
  f4: 1,
  f8: 1,
};

/** Images checked at once. */
const BATCH = 500;

/**
 * Opens images (n, h, w) or (n, h, w, 1) with their responses (n, neurons). Images stay on disk.
 * @param opened is handed the files that stay open
 * @throws InputError naming the file and what is wrong with it
 */
export async function openRecording(
  imageFile: string,
  responseFile: string,
  rules: ImageRules,
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
  const white = WHITE[images.stored];
  if (white === undefined) {
    throw new InputError(
      `${imageFile} has pixels of the .npy type ${images.stored}; expected uint8, uint16, bool, ` +
        'float16, float32 or float64',
    );
  }
  const { responses, rows, neurons } = await readResponses(responseFile);
  if (rows !== count) {
    throw new InputError(`${imageFile} holds ${count} images, ${responseFile} ${rows} responses`);
  }
  const size = { height: height!, width: width! };
  const recording = {
    count,
    ...size,
    neurons,
    responses,
    responseFile,
    stimuli: async (indices: ArrayLike<number>) => ({
      count: indices.length,
      ...size,
      pixels: toPixels(await images.rows(indices), white),
    }),
  };
  await checkImages(imageFile, recording, rules);
  return recording;
}

/** Some of a recording's images, in the order given, as a recording of their own. */
export function selectImages(recording: Recording, images: Uint32Array): Recording {
  const { neurons, responses } = recording;
  const selected = new Float32Array(images.length * neurons);
  for (const [row, image] of images.entries()) {
    selected.set(responses.subarray(image * neurons, (image + 1) * neurons), row * neurons);
  }
  return {
    ...recording,
    count: images.length,
    responses: selected,
    stimuli: (indices) => recording.stimuli(Array.from(indices, (index) => images[index]!)),
  };
}

/** The recorded responses as a matrix. */
export function responseMatrix({ count, neurons, responses }: Recording): ResponseMatrix {
  return { stimuli: count, neurons, values: responses };
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
  const responses = new Float32Array(array.data);
  const bad = responses.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const [image, neuron] = [Math.floor(bad / neurons), bad % neurons];
    throw new InputError(
      `${file}: the response of neuron ${neuron} to image ${image} is ${array.data[bad]}, ` +
        'not a number that float32 holds: correct it, or remove the image or the neuron',
    );
  }
  return { responses, rows, neurons };
}

/** Reads all images once, in passing, so that bad ones are told before the training begins. */
async function checkImages(
  file: string,
  recording: Omit<Recording, 'responseFile'>,
  { allowBlank }: ImageRules,
): Promise<void> {
  const blank: number[] = [];
  for (let first = 0; first < recording.count; first += BATCH) {
    const length = Math.min(BATCH, recording.count - first);
    const indices = Array.from({ length }, (_, i) => first + i);
    const { pixels } = await recording.stimuli(indices);
    const size = pixels.length / length;
    for (const [i, image] of indices.entries()) {
      const own = pixels.subarray(i * size, (i + 1) * size);
      const bad = own.findIndex((value) => !(value >= 0 && value <= 1));
      if (bad >= 0) {
        throw new InputError(
          `${file}: image ${image} has a pixel of ${own[bad]}; floats are 0 to 1, integers 0 to 255`,
        );
      }
      if (own.every((value) => value === own[0])) blank.push(image);
    }
  }
  if (blank.length === 0 || allowBlank) return;
  const others = blank.length > 1 ? `, as are ${blank.length - 1} others` : '';
  throw new InputError(
    `${file}: image ${blank[0]} is blank, of one gray all over${others}: remove it with its ` +
      'responses, or pass --allow-blank',
  );
}

function toPixels(values: ElementValues, white: number): Float32Array {
  const pixels = new Float32Array(values.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = values[i]! / white;
  return pixels;
}
