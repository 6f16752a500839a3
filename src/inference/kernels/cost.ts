import type { StimulusCard } from '../../models/card.js';
import type { Architecture } from '../../network/architecture.js';
import { requiredParts } from '../../network/required-parts.js';

/** Channels are padded to a multiple of this on the CPUs with the widest vectors. */
const BLOCK = 32;
/** Numbers that a 5x5 filter becomes: of the stimulus, along rows alone. */
const POINTS = { ofStimulus: 5 * 8, ofMap: 8 * 8 };
const FLOAT_BYTES = 4;
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
): number {
  const { betaKernel, attention, channels } = architecture;
  const padded = Math.ceil(channels / BLOCK) * BLOCK;
  const { height, width } = requiredParts(architecture, stimulus).at(-1)!;
  const squares = POINTS.ofMap + 2 * betaKernel ** 2 + (attention === 'none' ? 0 : 2);
  const columns = POINTS.ofStimulus * stimulus.channels + height * width + 8;
  const floats = squares * padded ** 2 + columns * padded;
  const pixels = stimulus.height * stimulus.width;
  const ofThread = pixels * (THREAD_BYTES.ofMaps + THREAD_BYTES.ofChannel * stimulus.channels);
  return networks * floats * FLOAT_BYTES + (threads + 1) * ofThread;
}
