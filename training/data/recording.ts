import { readFile } from 'node:fs/promises';
import { InputError } from '../../src/errors.js';
import type { Channels } from '../../src/formats/channels.js';
import { decodeNpy } from '../../src/formats/npy.js';
import type { ElementValues, StoredElement } from '../../src/formats/npy-elements.js';
import type { Size } from '../../src/stimulus/fit.js';
import { matlabAdvice } from '../../src/stimulus/image-shape.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import type { ResponseMatrix } from '../../src/tuning/response-matrix.js';
import type { DataRules } from './data-rules.js';
import { surveyImages } from './image-survey.js';
import { openRowFile, type RowFile } from './row-file.js';

/** Images with the responses of a site's neurons to them. */
export interface Recording {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
  readonly neurons: number;
  /** [images, neurons], row-major; NaN where a neuron was not measured */
  readonly responses: Float32Array;
  /** Where the responses were read. */
  readonly responseFile: string;
  /** Of each image: the same pixels have the same digest. */
  readonly digests: readonly string[];
  /** Reads some images. */
  stimuli(indices: ArrayLike<number>): Promise<Stimuli>;
}

/** A recording whose images have been surveyed. */
export interface SurveyedRecording extends Recording {
  /** Mean of all pixels and channels, 0..1. */
  readonly meanGray: number;
}

/** The pixel value that is white; of other types it has to be given. */
const WHITE: Partial<Record<StoredElement, number>> = {
  u1: 255,
  u2: 65535,
  b1: 1,
  f2: 1,
  f4: 1,
  f8: 1,
};

/**
 * Opens images (n, h, w), (n, h, w, 1), (n, 1, h, w) or, in colour, (n, h, w, 3) with their responses (n, neurons).
 * Images stay on disk.
 * @param opened is handed the files that stay open
 * @throws InputError naming the file and what is wrong with it
 */
export async function openRecording(
  imageFile: string,
  responseFile: string,
  rules: DataRules,
  opened: RowFile[],
): Promise<SurveyedRecording> {
  const images = await openRowFile(imageFile);
  opened.push(images);
  const white = rules.white ?? WHITE[images.stored];
  if (white === undefined) {
    throw new InputError(
      `${imageFile} has pixels of the .npy type ${images.stored}; expected uint8, uint16, bool, ` +
        'float16, float32 or float64: save them as one of these, or pass --white, such as --white 255',
    );
  }
  const { rows, ...measured } = await readResponses(responseFile);
  checkOrder(imageFile, images.shape, responseFile, [rows, measured.neurons]);
  return await surveyRecording(
    imageFile,
    { ...images, white },
    { ...measured, responseFile },
    rules,
  );
}

/**
 * A recording of images that are open, and of the responses to them; all images are read once.
 * @param name of the images, for messages
 * @throws InputError naming what is wrong with the images
 */
export async function surveyRecording(
  name: string,
  { stored, shape, rows, white }: Pick<RowFile, 'stored' | 'shape' | 'rows'> & { white: number },
  measured: Pick<Recording, 'neurons' | 'responses' | 'responseFile'>,
  rules: DataRules,
): Promise<SurveyedRecording> {
  const [count = 0] = shape;
  const size = imageSize(name, shape);
  const stimuli = async (indices: ArrayLike<number>) => ({
    count: indices.length,
    ...size,
    pixels: toPixels(await rows(indices), white),
  });
  const survey = await surveyImages({ name, count, stored, white, stimuli }, rules);
  return { count, ...size, ...measured, stimuli, ...survey };
}

function imageSize(file: string, shape: readonly number[]): Size & Pick<Recording, 'channels'> {
  const [, second = 0, third = 0, fourth = 1] = shape;
  if (shape.length === 3 || (shape.length === 4 && (fourth === 1 || fourth === 3))) {
    return { height: second, width: third, channels: fourth === 3 ? 3 : 1 };
  }
  if (shape.length === 4 && second === 1) return { height: third, width: fourth, channels: 1 };
  throw new InputError(
    `${file} has shape (${shape.join(', ')}): gray images are (n, height, width), colour (n, height, width, 3)`,
  );
}

/** @throws InputError when there are not as many images as responses: most likely axes are in another order */
function checkOrder(
  imageFile: string,
  shape: readonly number[],
  responseFile: string,
  responses: readonly [rows: number, columns: number],
): void {
  const [rows, columns] = responses;
  const [count = 0] = shape;
  if (rows === count) return;
  if (shape.length > 2 && responses.includes(shape.at(-1)!)) {
    throw new InputError(
      `${imageFile} has shape (${shape.join(', ')}), ${responseFile} (${rows}, ${columns}): ` +
        matlabAdvice(shape),
    );
  }
  const found = `${imageFile} holds ${count} images, ${responseFile} ${rows} responses`;
  if (columns !== count) throw new InputError(found);
  throw new InputError(
    `${found}; its shape is (${rows}, ${columns}); expected (images, neurons): transpose it`,
  );
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
    digests: Array.from(images, (image) => recording.digests[image]!),
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
  checkResponses(file, responses, neurons, array.data);
  return { responses, rows, neurons };
}

/**
 * @param responses [images, neurons]
 * @param original the same before they became float32
 * @throws InputError naming the first response that is infinite: NaN alone says that one was not measured
 */
export function checkResponses(
  file: string,
  responses: Float32Array,
  neurons: number,
  original: ArrayLike<number> = responses,
): void {
  const bad = responses.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
  if (bad < 0) return;
  const [image, neuron] = [Math.floor(bad / neurons), bad % neurons];
  throw new InputError(
    `${file}: the response of neuron ${neuron} to image ${image} is ${original[bad]}, ` +
      'not a number that float32 holds; expected one, or NaN where the neuron was not measured',
  );
}

function toPixels(values: ElementValues, white: number): Float32Array {
  const pixels = new Float32Array(values.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = values[i]! / white;
  return pixels;
}
