import type { InferenceSession } from 'onnxruntime-node';
import { InputError } from '../../../errors.js';
import type { ImportedGradient } from '../../../network/imported/architecture.js';
import type { Onnxruntime } from '../onnxruntime.js';
import { floatsOf, floatTensor, type ImportedInput, imageTensor } from './network-session.js';

/**
 * The gradient of one neuron's response in the pixels of an image.
 * @param session of a graph that takes an image and a weight for each neuron, and gives the gradient of the weighted sum
 *   of the responses in what the network is given
 * @param pixels [height, width, channels of the stimulus], 0..1
 * @returns d response / d pixel, of the shape of the pixels
 * @throws InputError where the output has not the size of the image
 */
export async function gradientAt(
  session: InferenceSession,
  Tensor: Onnxruntime['Tensor'],
  { gradient, ...imported }: ImportedInput & { readonly gradient: ImportedGradient },
  pixels: Float32Array,
  { neuron, neurons }: { readonly neuron: number; readonly neurons: number },
): Promise<Float32Array> {
  const { input, stimulus } = imported;
  const alone = { ...imported, input: { ...input, batch: 1 } };
  const weights = new Float32Array(neurons);
  weights[neuron] = 1;
  const outputs = await session.run(
    {
      [gradient.image]: imageTensor(Tensor, alone, [pixels]),
      [gradient.weights]: floatTensor(Tensor, input.type, weights, [neurons]),
    },
    [gradient.output],
  );
  const size = stimulus.height * stimulus.width;
  const { channels, layout } = input;
  const values = floatsOf(outputs[gradient.output]!);
  if (values.length !== size * channels.length) {
    const { dims } = outputs[gradient.output]!;
    throw new InputError(`wrong gradient: [${dims}]; expected that of one image`);
  }
  const [ofPixel, ofChannel] = layout === 'nchw' ? [1, size] : [channels.length, 1];
  const seen = stimulus.channels;
  const slope = new Float32Array(size * seen);
  for (const [channel, { deviation }] of channels.entries()) {
    // each channel is (pixel * scale + offset - mean) / deviation
    const factor = stimulus.scale / deviation;
    const own = seen === 1 ? 0 : channel;
    for (let pixel = 0; pixel < size; pixel++) {
      slope[pixel * seen + own]! += factor * values[channel * ofChannel + pixel * ofPixel]!;
    }
  }
  return slope;
}
