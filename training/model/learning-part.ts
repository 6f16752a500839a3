import * as tf from '@tensorflow/tfjs';
import { stimulusTensor } from '../../src/interpret/interpretation.js';
import type { Weights } from '../../src/models/saved-model.js';
import type { Architecture } from '../../src/network/architecture.js';
import { toDevice } from '../../src/network/device.js';
import { type BlockOperations, computeMap, readMap } from '../../src/network/forward.js';
import type { MapSize } from '../../src/network/layers/map.js';
import type { ParameterSpecification } from '../../src/network/layers/specification.js';
import { mapSizes } from '../../src/network/map-sizes.js';
import type { Recording } from '../data/recording.js';
import { selectRows } from '../data/rows.js';
import { type Respond, wholeNetwork } from './learner.js';

/** The part of each network that a training may change, and what this part sees. */
export interface LearningPart {
  /** Of its parameters. */
  readonly specifications: readonly ParameterSpecification[];
  readonly respond: Respond;
  /**
   * What the part sees of some images, [B, ...].
   * @param ids of neurons of the population
   */
  see(
    recording: Recording,
    images: ArrayLike<number>,
    ids: readonly number[],
  ): Promise<tf.Tensor4D>;
}

/** Networks whose parts learn. */
interface WholeNetworks {
  readonly architecture: Architecture;
  readonly specifications: readonly ParameterSpecification[];
  /** What computes their layers before the readout instead of tfjs. */
  readonly blocks: BlockOperations | undefined;
}

/** Whole networks, which see the stimuli. */
export function wholePart({ architecture, specifications, blocks }: WholeNetworks): LearningPart {
  return {
    specifications,
    respond: wholeNetwork(architecture, blocks),
    see: async (recording, images) => stimulusTensor(await recording.stimuli(images)),
  };
}

/** The maps of the images of a recording, as far as they are computed. */
interface KnownMaps {
  /** [images, cells, neurons, channels] */
  readonly values: Float32Array;
  readonly isKnown: Uint8Array;
}

/** Whether a parameter is one of the readout. */
export function isOfReadout({ name }: Pick<ParameterSpecification, 'name'>): boolean {
  return name.startsWith('readout.');
}

/**
 * The readouts alone. The layers before them stay in evaluation mode, so that the map that they make of an image is
 * computed once.
 * @param weights of the population, [N, ...] each
 * @param neurons ids of the population, in the order of the weights
 * @param stimulus the size of the stimuli
 */
export function readoutPart(
  { architecture, specifications, blocks }: WholeNetworks,
  weights: Weights,
  neurons: readonly number[],
  stimulus: MapSize,
): LearningPart {
  const { height, width } = mapSizes(architecture, stimulus.height, stimulus.width).readout;
  const { channels } = architecture;
  const names = specifications.filter((each) => !isOfReadout(each)).map(({ name }) => name);
  const core = new Map(names.map((name) => [name, weights.get(name)!]));
  const [cells, row] = [height * width, neurons.length * channels];
  const maps = new Map<Recording, KnownMaps>();
  return {
    specifications: specifications.filter(isOfReadout),
    respond: (parameters, map) => readMap(architecture, parameters, map),
    async see(recording, images, ids) {
      const { values, isKnown } = mapsOf(recording);
      const unknown = Array.from(images).filter((image) => isKnown[image] === 0);
      if (unknown.length > 0) {
        const computed = await compute(recording, unknown);
        for (const [i, image] of unknown.entries()) {
          values.set(
            computed.subarray(i * cells * row, (i + 1) * cells * row),
            image * cells * row,
          );
          isKnown[image] = 1;
        }
      }
      return tf.tensor4d(gather(values, images, ids), [
        images.length,
        height,
        width,
        ids.length * channels,
      ]);
    },
  };

  function mapsOf(recording: Recording): KnownMaps {
    const known = maps.get(recording) ?? {
      values: new Float32Array(recording.count * cells * row),
      isKnown: new Uint8Array(recording.count),
    };
    maps.set(recording, known);
    return known;
  }

  async function compute(recording: Recording, images: readonly number[]): Promise<Float32Array> {
    const stimuli = stimulusTensor(await recording.stimuli(images));
    const parameters = toDevice(selectRows(core, [...neurons.keys()]));
    const map = tf.tidy(
      () => computeMap(architecture, parameters, stimuli, undefined, { blocks }).map,
    );
    const values = await map.data<'float32'>();
    tf.dispose([stimuli, parameters, map]);
    return values;
  }

  /** The maps of some neurons, [images, cells, ids, channels]; of all neurons without a copy, or in few steps. */
  function gather(
    values: Float32Array,
    images: ArrayLike<number>,
    ids: readonly number[],
  ): Float32Array {
    const size = cells * row;
    const isWhole = ids.length === neurons.length && ids.every((id, i) => id === neurons[i]);
    const first = images[0] ?? 0;
    if (isWhole && Array.from(images).every((image, i) => image === first + i)) {
      return values.subarray(first * size, (first + images.length) * size);
    }
    if (isWhole) {
      const gathered = new Float32Array(images.length * size);
      for (let i = 0; i < images.length; i++) {
        gathered.set(values.subarray(images[i]! * size, (images[i]! + 1) * size), i * size);
      }
      return gathered;
    }
    const columns = ids.map((id) => neurons.indexOf(id));
    const gathered = new Float32Array(images.length * cells * ids.length * channels);
    let place = 0;
    for (let i = 0; i < images.length; i++) {
      for (let cell = 0; cell < cells; cell++) {
        const begin = (images[i]! * cells + cell) * row;
        for (const column of columns) {
          const from = begin + column * channels;
          gathered.set(values.subarray(from, from + channels), place);
          place += channels;
        }
      }
    }
    return gathered;
  }
}
