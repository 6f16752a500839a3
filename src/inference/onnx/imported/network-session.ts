import type { InferenceSession } from 'onnxruntime-node';
import { InputError } from '../../../errors.js';
import { fromHalf, toHalf } from '../../../formats/half.js';
import type { StimulusCard } from '../../../models/card.js';
import type { ImportedNetwork } from '../../../network/imported/architecture.js';
import type { Onnxruntime } from '../onnxruntime.js';

/** What the session of an imported network must know beyond the graph. */
export interface ImportedInput {
  readonly input: ImportedNetwork['input'];
  readonly output: ImportedNetwork['output'];
  readonly stimulus: Pick<StimulusCard, 'height' | 'width' | 'channels' | 'scale' | 'offset'>;
}

type TensorOf = Onnxruntime['Tensor'];
type Tensor = InstanceType<TensorOf>;

/**
 * The tensor that a graph takes: one image, or several where the graph has a fixed number, the last one repeated. A gray
 * image is given to each channel.
 * @param images each [height, width, channels of the stimulus], pixels 0..1
 */
export function imageTensor(
  Tensor: TensorOf,
  { input, stimulus }: ImportedInput,
  images: readonly Float32Array[],
): Tensor {
  const { height, width, scale, offset } = stimulus;
  const { layout, type, batch, channels } = input;
  const count = batch === 'any' ? images.length : batch;
  const size = height * width;
  const values = new Float32Array(count * channels.length * size);
  const [ofPixel, ofChannel] = layout === 'nchw' ? [1, size] : [channels.length, 1];
  const seen = stimulus.channels;
  for (let image = 0; image < count; image++) {
    const pixels = images[Math.min(image, images.length - 1)]!;
    const first = image * channels.length * size;
    for (const [channel, { mean, deviation }] of channels.entries()) {
      const start = first + channel * ofChannel;
      const own = seen === 1 ? 0 : channel;
      for (let pixel = 0; pixel < size; pixel++) {
        const value = pixels[pixel * seen + own]! * scale + offset;
        values[start + pixel * ofPixel] = (value - mean) / deviation;
      }
    }
  }
  const shape =
    layout === 'nchw'
      ? [count, channels.length, height, width]
      : [count, height, width, channels.length];
  return floatTensor(Tensor, type, values, shape);
}

/** A tensor of the type that a network is given. */
export function floatTensor(
  Tensor: TensorOf,
  type: ImportedNetwork['input']['type'],
  values: Float32Array,
  shape: readonly number[],
): Tensor {
  return type === 'float32'
    ? new Tensor('float32', values, shape)
    : new Tensor('float16', toHalf(values), shape);
}

/**
 * The responses of all neurons to some images, which the network computes together.
 * @param images as in `imageTensor`
 * @returns [images of the graph, neurons]
 * @throws InputError where the output is not [images, neurons] of floats
 */
export async function respondTo(
  session: InferenceSession,
  Tensor: TensorOf,
  imported: ImportedInput,
  images: readonly Float32Array[],
): Promise<Float32Array> {
  const { input, output } = imported;
  const tensor = imageTensor(Tensor, imported, images);
  const outputs = await session.run({ [input.name]: tensor }, [output.name]);
  const responses = outputs[output.name]!;
  const { dims } = responses;
  if (dims.length !== 2 || dims[0] !== tensor.dims[0]) {
    throw new InputError(
      `wrong responses: [${dims}] for ${tensor.dims[0]} images; expected [images, neurons]`,
    );
  }
  return floatsOf(responses);
}

/** @throws InputError where a tensor holds no floats */
export function floatsOf({ type, data }: Tensor): Float32Array {
  if (type === 'float32') return data as Float32Array;
  if (type === 'float16') {
    const { buffer, byteOffset, length } = data as Uint16Array;
    return fromHalf(new Uint16Array(buffer, byteOffset, length));
  }
  throw new InputError(`wrong type of the output: ${type}; expected float32 or float16`);
}
