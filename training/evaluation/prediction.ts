import * as tf from '@tensorflow/tfjs';
import { InputError } from '../../src/errors.js';
import {
  type Interpretation,
  interpret,
  meanInterpretation,
} from '../../src/interpret/interpretation.js';
import type { NativeCard } from '../../src/models/native-card.js';
import type { Weights } from '../../src/models/saved-model.js';
import { type AttentionMap, attentionMapOf } from '../../src/network/attention-map.js';
import type { Parameters } from '../../src/network/block-pass.js';
import { toDevice } from '../../src/network/device.js';
import type { MapSize } from '../../src/network/layers/map.js';
import { parameterSpecifications, selectNeurons } from '../../src/network/parameters.js';
import type { ResponseMatrix } from '../../src/tuning/response-matrix.js';
import type { Recording } from '../data/recording.js';
import { createTopImages, type TopImage, type TopImages } from './top-images.js';

/** The terms of the readout's sum, centre + surround + bias; [images, neurons] each. */
export interface Terms {
  readonly centre: ResponseMatrix;
  readonly surround: ResponseMatrix;
  /** The same for every image, [neurons]. */
  readonly bias: Float32Array;
}

/** Where one neuron's centre hypercolumn attends. */
export interface NeuronAttention {
  /** The images of the strongest predicted responses, strongest first. */
  readonly top: readonly TopImage[];
  /** Mean over all images, [cells]. */
  readonly mean: Float64Array;
}

export interface Attention {
  /** Of hypercolumns: 9x9 for 50x50 pixels. */
  readonly map: AttentionMap;
  readonly neurons: readonly NeuronAttention[];
}

/**
 * The responses of a model's networks to a recording's images, and how they come about; of an ensemble, the means of its
 * members'.
 */
export interface Prediction {
  /** [images, neurons], the neurons as on the card */
  readonly responses: ResponseMatrix;
  /** The responses of each member; those of a model that is no ensemble are its only member's. */
  readonly members: readonly ResponseMatrix[];
  /** null where the network is imported, which does not show them. */
  readonly terms: Terms | null;
  /** null where the networks have no attention. */
  readonly attention: Attention | null;
}

/**
 * Networks x images computed concurrently: at about half a megabyte each, all their maps stay below
 * 300 MB.
 */
const NETWORKS_AT_ONCE = 512;
/** Neurons computed together; more of them only make a batch of fewer images. */
const NEURONS_AT_ONCE = 16;

/**
 * Runs all images of a recording through a model's networks, some neurons and images at a time. Of
 * attention only the centre's row is kept, and of that the mean and the rows of the top images.
 * @param members weights of each member; of a model that is no ensemble, its own
 * @param topCount for how many images of each neuron attention is kept
 * @param onProgress is called with the number of responses that were computed since the last call
 * @throws InputError when a weight is missing or a response is not finite
 */
export async function predictRecording(
  card: NativeCard,
  members: readonly Weights[],
  recording: Recording,
  topCount: number,
  onProgress: (responses: number) => void,
): Promise<Prediction & { readonly terms: Terms }> {
  const [images, neurons] = [recording.count, card.neurons.length];
  const matrix = () => ({ stimuli: images, neurons, values: new Float32Array(images * neurons) });
  const [responses, centre, surround] = [matrix(), matrix(), matrix()];
  const own = members.map(matrix);
  const bias = new Float32Array(neurons);
  const { architecture } = card;
  const map = architecture.attention === 'none' ? null : attentionMapOf(architecture, recording);
  const gatherers = map && card.neurons.map(() => createGatherer(map, topCount));

  for (let first = 0; first < neurons; first += NEURONS_AT_ONCE) {
    const rows = Array.from(
      { length: Math.min(NEURONS_AT_ONCE, neurons - first) },
      (_, i) => first + i,
    );
    const parameters = members.map((weights) => toDevice(selectParameters(card, weights, rows)));
    const batch = Math.floor(NETWORKS_AT_ONCE / rows.length);
    try {
      for (let image = 0; image < images; image += batch) {
        const length = Math.min(batch, images - image);
        await predictBatch(parameters, rows, image, length);
        onProgress(length * rows.length);
      }
    } finally {
      tf.dispose(parameters);
    }
  }
  const bad = responses.values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `its neuron ${card.neurons[bad % neurons]!.id} responds to image ${Math.floor(bad / neurons)} ` +
        `with ${responses.values[bad]}: its training diverged`,
    );
  }
  const attention = gatherers && { map, neurons: gatherers.map((each) => each.finish(images)) };
  return { responses, members: own, terms: { centre, surround, bias }, attention };

  async function predictBatch(
    parameters: readonly Parameters[],
    rows: readonly number[],
    firstImage: number,
    length: number,
  ): Promise<void> {
    const stimuli = await recording.stimuli(Array.from({ length }, (_, i) => firstImage + i));
    const each: Interpretation[] = [];
    for (const member of parameters) each.push(await interpret(card, member, stimuli));
    const seen = meanInterpretation(each);
    for (let i = 0; i < length; i++) {
      const from = i * rows.length;
      const to = (firstImage + i) * neurons + rows[0]!;
      for (const [k, member] of each.entries()) {
        own[k]!.values.set(member.responses.subarray(from, from + rows.length), to);
      }
      responses.values.set(seen.responses.subarray(from, from + rows.length), to);
      centre.values.set(seen.centre.subarray(from, from + rows.length), to);
      surround.values.set(seen.surround.subarray(from, from + rows.length), to);
    }
    bias.set(seen.bias, rows[0]!);
    const { attention } = seen;
    if (!attention || !gatherers) return;
    const cells = map.height * map.width;
    for (let i = 0; i < length * rows.length; i++) {
      const row = rows[i % rows.length]!;
      const image = firstImage + Math.floor(i / rows.length);
      const own = attention.subarray(i * cells, (i + 1) * cells);
      gatherers[row]!.add(image, seen.responses[i]!, own);
    }
  }
}

/** Gathers one neuron's attention, image by image. */
function createGatherer({ height, width }: MapSize, topCount: number) {
  const sum = new Float64Array(height * width);
  const top: TopImages = createTopImages(topCount);
  return {
    add(image: number, response: number, attention: Float32Array): void {
      for (let cell = 0; cell < sum.length; cell++) sum[cell]! += attention[cell]!;
      top.offer(image, response, attention);
    },
    finish: (images: number): NeuronAttention => ({
      top: top.list(),
      mean: sum.map((total) => total / images),
    }),
  };
}

/** The parameters of some neurons. */
function selectParameters(card: NativeCard, weights: Weights, rows: readonly number[]): Weights {
  const specifications = parameterSpecifications(card.architecture, card.stimulus);
  return new Map(
    specifications.map(({ name }) => {
      const tensor = weights.get(name);
      if (tensor === undefined) throw new InputError(`its weights lack '${name}'`);
      return [name, selectNeurons(name, tensor, rows)];
    }),
  );
}
