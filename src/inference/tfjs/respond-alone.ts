import * as tf from '@tensorflow/tfjs';
import { type AnyArchitecture, isShared } from '../../network/any-architecture.js';
import type { Architecture } from '../../network/architecture.js';
import type { Backend } from '../../network/backends/open.js';
import type { Parameters } from '../../network/block-pass.js';
import { selectOnDevice } from '../../network/device.js';
import { forward } from '../../network/forward.js';
import type { MapSize } from '../../network/layers/map.js';
import { requiredParts } from '../../network/required-parts.js';
import { type Stimuli, sliceStimuli } from '../../stimulus/stimuli.js';

/** A member of an ensemble, or a model that is none. */
export interface Member {
  readonly architecture: AnyArchitecture;
  /** What pixels are multiplied with, and what is added to them. */
  readonly scale: number;
  readonly offset: number;
  /** On the device, the neurons stacked on the first axis. */
  readonly parameters: Parameters;
}

/** Networks x images that are computed together: it bounds the memory of the first block's maps. */
const MAX_NETWORKS = 128;
/** Bytes of these maps where a tensor may have so many: a GPU needs much work at a time to be busy. */
const MAX_MAPS = 5e8;

function networksAtOnce(
  { largestTensor }: Backend,
  { height, width }: MapSize,
  { channels }: Architecture,
): number {
  if (largestTensor === undefined) return MAX_NETWORKS;
  const each = 4 * height * width * channels;
  return Math.max(1, Math.floor(Math.min(MAX_MAPS, largestTensor) / each));
}

/** @returns [stimuli, neurons], computed in groups that bound the memory */
export async function respondAlone(
  backend: Backend,
  member: Member,
  stimuli: Stimuli,
  neurons: Int32Array,
): Promise<Float32Array> {
  const { architecture } = member;
  return isShared(architecture)
    ? await respondByCore(member, stimuli, neurons)
    : await respondByNetworks(backend, member, architecture, stimuli, neurons);
}

/**
 * Computes the readouts of all neurons together, image by image, and takes those that are wanted: how a matrix product
 * rounds depends on its size.
 */
async function respondByCore(
  member: Member,
  stimuli: Stimuli,
  neurons: Int32Array,
): Promise<Float32Array> {
  const values = new Float32Array(stimuli.count * neurons.length);
  for (let image = 0; image < stimuli.count; image++) {
    const all = await compute(member, sliceStimuli(stimuli, image, image + 1));
    for (const [i, neuron] of neurons.entries()) values[image * neurons.length + i] = all[neuron]!;
  }
  return values;
}

/**
 * Computes the part of the stimuli that reaches the readout.
 * @returns [stimuli, neurons of the parameters]
 */
async function compute(
  { architecture, scale, offset, parameters }: Member,
  { count, height, width, channels, pixels }: Stimuli,
): Promise<Float32Array> {
  const part = requiredParts(architecture, { height, width, channels })[0]!;
  const responses = tf.tidy(() => {
    const whole = tf.tensor4d(pixels, [count, height, width, channels]);
    const x = whole.slice([0, part.top, part.left, 0], [-1, part.height, part.width, -1]);
    return forward(architecture, parameters, x.mul(scale).add(offset)).responses; // [B, N]
  });
  const values = await responses.data<'float32'>();
  responses.dispose();
  return values;
}

async function respondByNetworks(
  backend: Backend,
  member: Member,
  architecture: Architecture,
  stimuli: Stimuli,
  neurons: Int32Array,
): Promise<Float32Array> {
  const { count } = stimuli;
  const most = networksAtOnce(backend, requiredParts(architecture, stimuli)[0]!, architecture);
  const values = new Float32Array(count * neurons.length);
  for (let first = 0; first < neurons.length; first += most) {
    const group = neurons.subarray(first, first + most);
    const images = backend.isBatchInvariant ? Math.floor(most / group.length) : 1;
    const chosen = selectOnDevice(member.parameters, group);
    for (let from = 0; from < count; from += images) {
      const batch = sliceStimuli(stimuli, from, Math.min(count, from + images));
      const rows = await compute({ ...member, parameters: chosen }, batch);
      for (let row = 0; row < batch.count; row++) {
        const own = rows.subarray(row * group.length, (row + 1) * group.length);
        values.set(own, (from + row) * neurons.length + first);
      }
    }
    tf.dispose(chosen);
  }
  return values;
}
