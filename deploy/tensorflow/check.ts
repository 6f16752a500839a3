/** Run as a process of its own: loads the binding, takes one training step, prints what it saw. */
import type * as tfjs from '@tensorflow/tfjs-node-gpu';
import { restoreRemovedNodeFunctions } from '../../src/network/backends/tensorflow/removed-node-functions.js';
import type { Check } from './setup.js';

restoreRemovedNodeFunctions();
const tf = await import('@tensorflow/tfjs-node-gpu');

const BATCH = 32;
const SIDE = 50;
const FILTER = 5;
const CHANNELS = 32;

const native = tf.backend() as unknown as {
  binding: { TF_Version: string };
  isUsingGpuDevice: boolean;
};
const stimuli = tf.ones<tfjs.Rank.R4>([BATCH, SIDE, SIDE, 1]); // (B, H, W, 1)
const filters = tf.ones<tfjs.Rank.R4>([FILTER, FILTER, 1, CHANNELS]); // (h, w, 1, C)

function step(): { gradient: Float32Array; milliseconds: number } {
  const start = performance.now();
  const { grad } = tf.valueAndGrad((weights) =>
    tf.sum(tf.conv2d(stimuli, weights as tfjs.Tensor4D, 1, 'valid')),
  )(filters);
  const gradient = grad.dataSync<'float32'>();
  return { gradient, milliseconds: performance.now() - start };
}

step(); // the first one also loads kernels
const { gradient, milliseconds } = step();
// All ones: each weight meets a one at each position of each stimulus, a count float32 holds exactly.
const expected = BATCH * (SIDE - FILTER + 1) ** 2;
const wrong = gradient.find((value) => value !== expected);
if (wrong !== undefined) {
  throw new Error(`the gradient of a convolution is ${wrong}, not ${expected}`);
}
const check: Check = {
  tensorflow: native.binding.TF_Version,
  device: native.isUsingGpuDevice ? 'GPU' : 'CPU',
  milliseconds,
};
console.log(JSON.stringify(check));
