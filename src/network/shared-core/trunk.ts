import * as tf from '@tensorflow/tfjs';
import type { BlockPass } from '../block-pass.js';
import { attend, type Projection } from '../layers/attend.js';
import type { SharedCore } from './architecture.js';
import { activate, convolveSame, filters } from './convolutions.js';
import { seeLearnt, standardise } from './front.js';

/** The map that the readouts see. A type, not an interface, so that tf.tidy accepts it as a container of tensors. */
export type SharedMap = {
  /** [B, h, w, C] */
  readonly map: tf.Tensor4D;
  /** From each place to each, [B, h·w, h·w]; rows add up to 1. Absent where the core has no attention. */
  readonly attention?: tf.Tensor3D;
};

/**
 * The map that the readouts see.
 * @param stimuli [B, H, W, 1 or 3], 0 for the mean gray or colour; a core that learns no filters needs none
 * @param fixed of the same stimuli, as `seeFixed` gives them
 */
export function computeSharedMap(
  core: SharedCore,
  stimuli: tf.Tensor4D | undefined,
  fixed: tf.Tensor4D,
  pass: BlockPass,
): SharedMap {
  const seen = [pass.dropout('core.fixed', standardise(fixed, pass))];
  if (core.learnt > 0) seen.push(seeLearnt(stimuli!, pass));
  const map = TRUNKS[core.trunk](tf.concat(seen, 3), core, pass);
  return core.attention === 'none' ? { map } : attendPlaces(map, core.attention, pass);
}

/** What each kind of trunk makes of what the filters see, [B, h, w, channels seen]: [B, h, w, C]. */
const TRUNKS: Readonly<
  Record<SharedCore['trunk'], (seen: tf.Tensor4D, core: SharedCore, pass: BlockPass) => tf.Tensor4D>
> = {
  none: (seen) => seen,

  convolutions(seen, _, pass) {
    const combined = convolveSame(mix(seen, pass), filters('core.combine', pass));
    return pass.dropout('core.combine', activate('core.combine', combined, pass));
  },

  recurrent: (seen, { steps }, pass) =>
    pass.dropout('core.recurrent', repeatGru(mix(seen, pass), steps, pass)),
};

function mix(seen: tf.Tensor4D, pass: BlockPass): tf.Tensor4D {
  const mixed = tf.conv2d(seen, filters('core.mix', pass), 1, 'valid');
  return pass.dropout('core.mix', activate('core.mix', mixed, pass));
}

/**
 * A convolutional GRU (Cho et al. 2014, with PyTorch's reset gate behind the convolution) that sees the same input at
 * each step and begins with a state of zeros.
 * @param input [B, h, w, C]
 * @returns its last state, [B, h, w, C]
 */
function repeatGru(input: tf.Tensor4D, steps: number, pass: BlockPass): tf.Tensor4D {
  const bias = (part: string) => pass.take(`core.recurrent.${part}.convolution.bias`).flatten();
  const apart = (gates: tf.Tensor4D) => tf.split(gates, 3, 3) as tf.Tensor4D[];
  const seen = apart(convolveSame(input, filters('core.recurrent.input', pass)).add(bias('input')));
  let state = tf.zerosLike(input);
  for (let step = 0; step < steps; step++) {
    const ofState: tf.Tensor4D =
      step === 0 // a convolution of zeros
        ? bias('state').reshape([1, 1, 1, -1])
        : convolveSame(state, filters('core.recurrent.state', pass)).add(bias('state'));
    const own = apart(ofState);
    const reset = seen[0]!.add<tf.Tensor4D>(own[0]!).sigmoid();
    const keep = seen[1]!.add<tf.Tensor4D>(own[1]!).sigmoid();
    const candidate = seen[2]!.add<tf.Tensor4D>(reset.mul(own[2]!)).tanh();
    state = candidate.add<tf.Tensor4D>(keep.mul(state.sub(candidate)));
  }
  return state;
}

/** The map with what attention between its places adds. */
function attendPlaces(
  map: tf.Tensor4D,
  kind: Exclude<SharedCore['attention'], 'none'>,
  { take }: BlockPass,
): Required<SharedMap> {
  const projection = (name: string) =>
    ({
      weight: take(`core.attention.${name}.weight`),
      bias: take(`core.attention.${name}.bias`),
    }) as Projection;
  const attended = attend(map, {
    gamma: take('core.attention.gamma') as tf.Tensor2D,
    query: projection('query'),
    key: projection('key'),
    ...(kind === 'mapped' && {
      mapping: { value: projection('value'), output: projection('output') },
    }),
  });
  return { map: attended.map, attention: attended.attention.squeeze([0]) };
}
