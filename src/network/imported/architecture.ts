import { z } from 'zod';
import type { AnyArchitecture } from '../any-architecture.js';

const Channel = z.strictObject({ mean: z.number(), deviation: z.number().positive() });

/**
 * The graph of a network's gradient: an image [1, C, H, W] or [1, H, W, C] and a weight for each neuron to the gradient of
 * the weighted sum of the responses in the image, of its shape. These are the names of its inputs and its output.
 */
const ImportedGradient = z.strictObject({
  image: z.string(),
  weights: z.string(),
  output: z.string(),
});
export type ImportedGradient = z.infer<typeof ImportedGradient>;

/**
 * A network that another program made: a graph of ONNX, which onnxruntime computes as it is, one image at a time. The
 * graph has one input, the image, and one output, the responses [batch, neurons].
 */
export const ImportedNetwork = z.strictObject({
  family: z.literal('onnx'),
  /** Version of the operators of ONNX. */
  opset: z.int().positive(),
  input: z.strictObject({
    name: z.string(),
    layout: z.enum(['nchw', 'nhwc']),
    type: z.enum(['float32', 'float16']),
    /** Images that the graph takes at a time. */
    batch: z.union([z.literal('any'), z.int().positive().max(256)]),
    /**
     * Each channel is given (value - mean) / deviation of that channel of the image, with the values that the card's scale
     * and offset make of its pixels; three channels may each be given a gray image.
     */
    channels: z.union([z.tuple([Channel]), z.tuple([Channel, Channel, Channel])]),
  }),
  output: z.strictObject({ name: z.string() }),
  /** Where the graph of the gradient came along. */
  gradient: ImportedGradient.optional(),
  /** Numbers in the constants of the graph. */
  parameters: z.int().nonnegative(),
  /** Of the largest file of the model. */
  bytes: z.int().positive(),
  /** In its convolutions and matrix products, for one image. */
  multiplyAdds: z.number().nonnegative(),
  /** Whatever the network holds, no attention of it can be shown. */
  attention: z.literal('none'),
});
export type ImportedNetwork = z.infer<typeof ImportedNetwork>;

/** Whether a model's network is one that another program made. */
export function isImported(
  architecture: AnyArchitecture | ImportedNetwork,
): architecture is ImportedNetwork {
  return 'family' in architecture && architecture.family === 'onnx';
}
