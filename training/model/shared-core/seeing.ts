import * as tf from '@tensorflow/tfjs';
import { stimulusTensor } from '../../../src/interpret/interpretation.js';
import { createBlockPass, type Parameters } from '../../../src/network/block-pass.js';
import type { SharedCore } from '../../../src/network/shared-core/architecture.js';
import { seeFixed } from '../../../src/network/shared-core/front.js';
import { fixedChannels } from '../../../src/network/shared-core/gabors.js';
import { mapChannels, sharedMapSize } from '../../../src/network/shared-core/parameters.js';
import { computeSharedMap } from '../../../src/network/shared-core/trunk.js';
import type { StimulusSize } from '../../../src/network/stimulus-size.js';
import type { Recording } from '../../data/recording.js';
import type { Seen } from './core-learner.js';

/** Most bytes of what the fixed filters gave of images, which is computed once for each as long as there is room. */
const ROOM = 2 ** 30;
/** Images that are seen together. */
const BATCH = 50;

/** What is computed once for each image. */
export interface Sight {
  /** Channels at each place of the map. */
  readonly channels: number;
  /** Whether filters learn from the stimuli too, at each step. */
  readonly needsStimuli: boolean;
  /** @param stimuli [B, H, W, 1 or 3], 0 for the mean gray or colour @returns [B, h, w, channels] */
  see(stimuli: tf.Tensor4D): tf.Tensor4D;
}

/** What the fixed filters of a core give of stimuli. */
export function fixedSight(core: SharedCore, stimulus: StimulusSize): Sight {
  return {
    channels: fixedChannels(core, stimulus),
    needsStimuli: core.learnt > 0,
    see: (stimuli) => seeFixed(core, stimuli),
  };
}

/**
 * The map of a core that is kept.
 * @param parameters of the core, on the device
 */
export function keptSight(core: SharedCore, stimulus: StimulusSize, parameters: Parameters): Sight {
  const pass = createBlockPass(parameters);
  return {
    channels: mapChannels(core, stimulus),
    needsStimuli: false,
    see: (stimuli) => computeSharedMap(core, stimuli, seeFixed(core, stimuli), pass).map,
  };
}

/** What a core sees of the images of recordings. */
export interface Seeing {
  /** @param gray the mean of each channel of the training images, 0..1 */
  see(recording: Recording, images: ArrayLike<number>, gray: Float32Array): Promise<Seen>;
}

/** What the fixed filters gave of the images of a recording, as far as it is computed. */
interface Known {
  /** [images, places, channels] */
  readonly values: Float32Array;
  readonly isKnown: Uint8Array;
}

export function createSeeing(core: SharedCore, { channels, needsStimuli, see }: Sight): Seeing {
  const known = new Map<Recording, Known | null>();
  let left = ROOM;

  return {
    async see(recording, images, gray) {
      const kept = keptOf(recording);
      if (kept === null) {
        const stimuli = await readStimuli(recording, images, gray);
        return { stimuli, fixed: tf.tidy(() => see(stimuli)) };
      }
      const stimuli = needsStimuli ? await readStimuli(recording, images, gray) : undefined;
      for (const image of Array.from(images)) {
        if (kept.isKnown[image] === 0) await fill(kept, recording, image, gray);
      }
      const each = kept.values.length / recording.count;
      const values = new Float32Array(images.length * each);
      for (let i = 0; i < images.length; i++) {
        values.set(kept.values.subarray(images[i]! * each, (images[i]! + 1) * each), i * each);
      }
      const { height, width } = sharedMapSize(core, recording);
      const shape = [images.length, height, width, channels] as const;
      return { stimuli, fixed: tf.tensor4d(values, [...shape]) };
    },
  };

  /**
   * Computes a whole block of images, which always begins at the same one: the last bits of a convolution may depend on
   * the other images of its batch, and a training that is resumed must have the same ones.
   */
  async function fill(
    { values, isKnown }: Known,
    recording: Recording,
    image: number,
    gray: Float32Array,
  ) {
    const first = image - (image % BATCH);
    const length = Math.min(BATCH, recording.count - first);
    const stimuli = await readStimuli(recording, range(first, length), gray);
    const fixed = tf.tidy(() => see(stimuli));
    values.set(await fixed.data<'float32'>(), (first * values.length) / recording.count);
    tf.dispose([stimuli, fixed]);
    isKnown.fill(1, first, first + length);
  }

  function keptOf(recording: Recording): Known | null {
    const found = known.get(recording);
    if (found !== undefined) return found;
    const { height, width } = sharedMapSize(core, recording);
    const numbers = recording.count * height * width * channels;
    const bytes = numbers * Float32Array.BYTES_PER_ELEMENT;
    const made =
      bytes <= left
        ? { values: new Float32Array(numbers), isKnown: new Uint8Array(recording.count) }
        : null;
    if (made !== null) left -= bytes;
    known.set(recording, made);
    return made;
  }
}

async function readStimuli(recording: Recording, images: ArrayLike<number>, gray: Float32Array) {
  const stimuli = await recording.stimuli(images);
  return tf.tidy(() => stimulusTensor(stimuli).sub<tf.Tensor4D>(tf.tensor1d(gray))); // [B, H, W, channels]
}

/**
 * The mean and the variance of each fixed channel over the images of a recording.
 * @param check is called before each batch of images
 */
export async function measureFixed(
  seeing: Seeing,
  recording: Recording,
  gray: Float32Array,
  check: () => Promise<void>,
): Promise<{ readonly mean: Float32Array; readonly variance: Float32Array }> {
  let [sums, squares, count] = [new Float64Array(), new Float64Array(), 0];
  for (let first = 0; first < recording.count; first += BATCH) {
    await check();
    const length = Math.min(BATCH, recording.count - first);
    const seen = await seeing.see(recording, range(first, length), gray);
    const values = await seen.fixed.data<'float32'>();
    const channels = seen.fixed.shape[3];
    tf.dispose([seen.stimuli, seen.fixed]);
    if (count === 0) [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
    for (let i = 0; i < values.length; i += channels) {
      for (let channel = 0; channel < channels; channel++) {
        const value = values[i + channel]!;
        sums[channel]! += value;
        squares[channel]! += value * value;
      }
    }
    count += values.length / channels;
  }
  const mean = Float32Array.from(sums, (sum) => sum / count);
  const variance = Float32Array.from(
    squares,
    (square, i) => square / count - (sums[i]! / count) ** 2,
  );
  return { mean, variance };
}

/** The mean of each channel of the images of a recording, 0..1. */
export async function measureGray(
  recording: Recording,
  check: () => Promise<void>,
): Promise<Float32Array> {
  const { channels } = recording;
  const sums = new Float64Array(channels);
  for (let first = 0; first < recording.count; first += BATCH) {
    await check();
    const length = Math.min(BATCH, recording.count - first);
    const { pixels } = await recording.stimuli(range(first, length));
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let i = channel; i < pixels.length; i += channels) sum += pixels[i]!;
      sums[channel]! += sum;
    }
  }
  const count = recording.count * recording.height * recording.width;
  return Float32Array.from(sums, (sum) => sum / count);
}

function range(first: number, length: number): number[] {
  return Array.from({ length }, (_, i) => first + i);
}
