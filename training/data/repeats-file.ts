import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { decodeNpy, type NpyArray } from '../../src/formats/npy.js';
import { ccMax, type Trials } from '../../src/tuning/repeats.js';
import { measuredPlaces } from './measured.js';
import type { Recording } from './recording.js';

/** The single trials behind the mean responses to the validation images. */
export interface Repeats {
  /** The most repeats that an image has. */
  readonly most: number;
  /** The images that a neuron was measured for, ascending. */
  images(neuron: number): number[];
  /**
   * One neuron's trials of these images. Where some are missing, every image has its first N, N being what the image
   * with the fewest has.
   */
  trials(neuron: number): Trials;
}

/**
 * By how much the mean of the repeats may differ from the response, as a share of the neuron's
 * largest: beyond what rounding does.
 */
const TOLERANCE = 1e-3;

/**
 * Reads `valRspRepeats_{site}.npy`, shape (repeats, images, neurons); NaN marks a missing trial.
 * @param validation the recording whose responses are the means over the repeats
 * @returns null where there is no such file
 * @throws InputError naming the file when it is not of this shape, or not of this recording
 */
export async function readRepeats(
  folder: string,
  site: string,
  validation: Pick<Recording, 'count' | 'neurons' | 'responses'>,
): Promise<Repeats | null> {
  const file = path.join(folder, `valRspRepeats_${site}.npy`);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new InputError(`${file} cannot be read: ${error.message}`, [], { cause: error });
  });
  if (bytes === null) return null;
  try {
    return toRepeats(decodeNpy(bytes), validation);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${file}: ${error.message}`, error.problems, { cause: error });
  }
}

/**
 * CCmax of some neurons: the noise ceiling that a model's card states; null where it is undefined.
 * @param neurons columns of the recording
 */
export function noiseCeilings(repeats: Repeats, neurons: readonly number[]): (number | null)[] {
  return neurons.map((neuron) => ccMax(repeats.trials(neuron)).value);
}

/**
 * @param trials [repeats, images, neurons]; NaN where one is missing
 * @throws InputError when they are not of this shape, or not of this recording
 */
export function toRepeats(
  { shape, data }: Pick<NpyArray, 'shape' | 'data'>,
  { count, neurons, responses }: Pick<Recording, 'count' | 'neurons' | 'responses'>,
): Repeats {
  const [repeats = 0] = shape;
  if (shape.length !== 3 || repeats === 0 || shape[1] !== count || shape[2] !== neurons) {
    throw new InputError(
      `its shape is (${shape.join(', ')}); (repeats, images, neurons) is (any, ${count}, ${neurons}) here`,
    );
  }
  for (let neuron = 0; neuron < neurons; neuron++) checkNeuron(neuron);
  return { most: repeats, images: measuredImages, trials };

  function measuredImages(neuron: number): number[] {
    return measuredPlaces(
      Array.from({ length: count }, (_, i) => responses[i * neurons + neuron]!),
    );
  }

  /** The trials of an image that are not missing, in order. */
  function present(image: number, neuron: number): number[] {
    const values: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const value = data[(repeat * count + image) * neurons + neuron]!;
      if (!Number.isNaN(value)) values.push(value);
    }
    return values;
  }

  function trials(neuron: number): Trials {
    const images = measuredImages(neuron).map((image) => present(image, neuron));
    const stimuli = images.length;
    const minRepeats = images.reduce((min, { length }) => Math.min(min, length), repeats);
    const values = new Float64Array(minRepeats * stimuli);
    for (const [image, own] of images.entries()) {
      for (let repeat = 0; repeat < minRepeats; repeat++)
        values[repeat * stimuli + image] = own[repeat]!;
    }
    return { repeats: minRepeats, stimuli, values };
  }

  function checkNeuron(neuron: number): void {
    const measured = new Set(measuredImages(neuron));
    let largest = 0;
    for (const image of measured) {
      largest = Math.max(largest, Math.abs(responses[image * neurons + neuron]!));
    }
    for (let image = 0; image < count; image++) {
      const own = present(image, neuron);
      const where = `neuron ${neuron} and image ${image}`;
      if (!measured.has(image)) {
        if (own.length === 0) continue;
        throw new InputError(
          `there are repeats of ${where}, and the validation response is NaN, not measured`,
        );
      }
      if (own.length === 0) {
        throw new InputError(`every repeat of ${where} is missing (NaN), one is needed`);
      }
      if (!own.every(Number.isFinite)) {
        throw new InputError(`a repeat of ${where} is infinite; NaN marks a missing one`);
      }
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      const response = responses[image * neurons + neuron]!;
      if (Math.abs(mean - response) > TOLERANCE * largest) {
        throw new InputError(
          `the repeats of ${where} have the mean ${mean}, the validation response is ${response}: ` +
            'are the two files of the same recording and in the same order?',
        );
      }
    }
  }
}
