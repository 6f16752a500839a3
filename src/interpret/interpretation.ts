import * as tf from '@tensorflow/tfjs';
import { meanOfArrays } from '../models/members.js';
import type { NativeCard } from '../models/native-card.js';
import type { Parameters } from '../network/block-pass.js';
import { forward } from '../network/forward.js';
import type { Stimuli } from '../stimulus/stimuli.js';

/** The parts of a model's card that define its networks. */
export type NetworkCard = Pick<NativeCard, 'architecture' | 'stimulus'>;

/**
 * What the networks compute between stimuli and responses. centre + surround + bias is the input of the
 * architecture's output, which a linear one does not change (Lin et al. 2025).
 */
export interface Interpretation {
  /** [stimuli, neurons], row-major; so are the terms. */
  readonly responses: Float32Array;
  /** The part of the readout's sum that comes from the centre hypercolumn. */
  readonly centre: Float32Array;
  /** The part that comes from all other cells. */
  readonly surround: Float32Array;
  /** [neurons] */
  readonly bias: Float32Array;
  /**
   * The centre hypercolumn's row of the attention matrix, [stimuli, neurons, cells]; with a shared core, the mean of
   * the rows of the places that the neuron reads. Null where the architecture has no attention.
   */
  readonly attention: Float32Array | null;
  /**
   * Row, column and standard deviation along each of the two of the mask through which a neuron reads a shared map, in
   * places of the map, [neurons, 4]; null where there are no masks.
   */
  readonly masks: Float32Array | null;
}

/**
 * Decomposes the responses of some neurons.
 * @param parameters of the neurons, stacked
 * @param stimuli of the size the card states, values 0..1
 */
export async function interpret(
  { architecture, stimulus }: NetworkCard,
  parameters: Parameters,
  stimuli: Stimuli,
): Promise<Interpretation> {
  const tensors = tf.tidy(() => {
    const x = stimulusTensor(stimuli).mul<tf.Tensor4D>(stimulus.scale).add(stimulus.offset);
    const computed = forward(architecture, parameters, x as tf.Tensor4D, undefined, {
      terms: true,
    });
    const { centre, surround, bias } = computed.terms!;
    const { centreAttention: attention, places: masks } = computed; // [B, N, cells], [N, 4]
    return { responses: computed.responses, centre, surround, bias, attention, masks }; // [B, N]
  });
  try {
    const download = (tensor: tf.Tensor) => tensor.data<'float32'>();
    const [responses, centre, surround, bias] = await Promise.all([
      download(tensors.responses),
      download(tensors.centre),
      download(tensors.surround),
      download(tensors.bias),
    ]);
    return {
      responses,
      centre,
      surround,
      bias: bias.slice(0, bias.length / stimuli.count),
      attention: tensors.attention ? await download(tensors.attention) : null,
      masks: tensors.masks ? await download(tensors.masks) : null,
    };
  } finally {
    tf.dispose(tensors);
  }
}

/**
 * The interpretation of an ensemble: the means of its members'.
 * @param members parameters of the neurons in each member; of another model, one
 */
export async function interpretMembers(
  card: NetworkCard,
  members: readonly Parameters[],
  stimuli: Stimuli,
): Promise<Interpretation> {
  const all: Interpretation[] = [];
  for (const parameters of members) all.push(await interpret(card, parameters, stimuli));
  return meanInterpretation(all);
}

/** The means of the interpretations of the same stimuli by the members of an ensemble. */
export function meanInterpretation(all: readonly Interpretation[]): Interpretation {
  const meanOfAll = (arrays: readonly (Float32Array | null)[]) => {
    const there = arrays.flatMap((array) => array ?? []);
    return there.length > 0 ? meanOfArrays(there) : null;
  };
  return {
    responses: meanOfArrays(all.map(({ responses }) => responses)),
    centre: meanOfArrays(all.map(({ centre }) => centre)),
    surround: meanOfArrays(all.map(({ surround }) => surround)),
    bias: meanOfArrays(all.map(({ bias }) => bias)),
    attention: meanOfAll(all.map(({ attention }) => attention)),
    masks: meanOfAll(all.map(({ masks }) => masks)),
  };
}

/** Stimuli on the device, [B, height, width, channels]. */
export function stimulusTensor({ count, height, width, channels, pixels }: Stimuli): tf.Tensor4D {
  return tf.tensor4d(pixels, [count, height, width, channels]);
}
