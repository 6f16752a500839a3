import type { StimulusCard } from '../../models/card.js';
import type { Architecture } from '../../network/architecture.js';
import type { Precision } from '../../network/precision.js';
import { requiredParts } from '../../network/required-parts.js';

/** Channels are padded to a multiple of this on the CPUs with the widest vectors. */
const BLOCK = 32;
/** Numbers that a 5x5 filter becomes: of the stimulus, along rows alone. */
const POINTS = { ofStimulus: 5 * 8, ofMap: 8 * 8 };
const FLOAT_BYTES = 4;
/** Of a weight of a convolution of a map. */
const WEIGHT_BYTES: Readonly<Record<Precision, number>> = { float32: 4, bfloat16: 2, int8: 1 };
/** Of the maps of a network and of 16 transformed images, which each thread that computes keeps, by pixel. */
const THREAD_BYTES = { ofMaps: 288, ofChannel: 120 };

/**
 * Bytes that networks take in the memory of the kernels, at most: as much as on the CPUs with the widest vectors, and
 * as if all 5x5 convolutions were computed by tiles.
 * @param networks one for each neuron of each member
 */
export function kernelBytes(
  architecture: Architecture,
  stimulus: Pick<StimulusCard, 'height' | 'width' | 'channels'>,
  networks: number,
  threads: number,
  precision: Precision,
): number {
  const { betaKernel, attention, channels } = architecture;
  const padded = Math.ceil(channels / BLOCK) * BLOCK;
  const { height, width } = requiredParts(architecture, stimulus).at(-1)!;
  const isFloat = precision === 'float32';
  const weights = ((isFloat ? POINTS.ofMap : 25) + 2 * betaKernel ** 2) * padded ** 2;
  const columns = POINTS.ofStimulus * stimulus.channels + height * width + 8 + 3 * Number(!isFloat);
  const floats = (attention === 'none' ? 0 : 2) * padded ** 2 + columns * padded;
  const widened = isFloat ? 0 : POINTS.ofMap * padded * (padded + 2) * FLOAT_BYTES;
  const pixels = stimulus.height * stimulus.width;
  const ofThread = pixels * (THREAD_BYTES.ofMaps + THREAD_BYTES.ofChannel * stimulus.channels);
  const ofNetwork = weights * WEIGHT_BYTES[precision] + floats * FLOAT_BYTES;
  return networks * ofNetwork + (threads + 2) * (ofThread + widened);
}
