import { InputError } from '../errors.js';
import type { Channels } from '../formats/channels.js';
import type { GraphValue, ReadGraph } from '../inference/onnx/imported/read-graph.js';
import { dataTypeName } from '../inference/onnx/proto.js';
import type { ImportedNetwork } from '../network/imported/architecture.js';
import type { NetworkDescription } from './description.js';

/** The input of a network, and the size of its images in pixels, which are gray or in colour. */
export interface NetworkInput {
  readonly input: ImportedNetwork['input'];
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
}

/** By TensorProto.DataType. */
const TYPES = new Map([
  [1, 'float32'],
  [10, 'float16'],
] as const);
const MAX_BATCH = 256;
const MAX_SIDE = 1000;

/**
 * Finds out how the input of a graph takes images.
 * @throws InputError naming what the graph, or its description, must have instead
 */
export function networkInput(
  { inputs, outputs }: ReadGraph,
  description: NetworkDescription,
): NetworkInput {
  const [image] = inputs;
  if (image === undefined || inputs.length > 1 || outputs.length !== 1) {
    const names = (values: readonly GraphValue[]) => values.map(({ name }) => name).join(', ');
    throw new InputError(
      `wrong inputs or outputs: ${names(inputs) || 'none'} and ${names(outputs) || 'none'}; ` +
        'expected one input, the image, and one output, the responses',
    );
  }
  const { name, shape } = image;
  if (shape?.length !== 4) {
    throw new InputError(
      `wrong shape of the input ${name}: ${describeShape(shape)}; expected [N, C, H, W] or [N, H, W, C]`,
    );
  }
  const type = TYPES.get(image.type as 1);
  if (type === undefined) {
    throw new InputError(
      `wrong type of the input ${name}: ${dataTypeName(image.type)}; expected FLOAT or FLOAT16`,
    );
  }
  const layout = findLayout(image, description);
  const [count, ...rest] = shape;
  const [channels, height, width] =
    layout === 'nchw' ? rest : ([rest[2], rest[0], rest[1]] as const);
  const ofInput = findChannels(channels!, description);
  return {
    input: {
      name,
      layout,
      type,
      batch: findBatch(count!),
      channels: ofInput,
    },
    height: findSide('height', height!, description),
    width: findSide('width', width!, description),
    channels: description.gray === 'repeated' ? 1 : ofInput.length,
  };
}

function findLayout(
  { name, shape }: GraphValue,
  { layout }: NetworkDescription,
): ImportedNetwork['input']['layout'] {
  if (layout !== undefined) return layout === 'NCHW' ? 'nchw' : 'nhwc';
  const mayBeChannels = (size: number | null | undefined) => size === 1 || size === 3;
  const [second, last] = [mayBeChannels(shape?.[1]), mayBeChannels(shape?.[3])];
  if (second !== last) return second ? 'nchw' : 'nhwc';
  throw new InputError(
    `the shape of the input ${name} leaves its layout open: ${describeShape(shape)}; expected 1 or 3 channels, ` +
      'and "layout" in the card: "NCHW" or "NHWC"',
  );
}

function findBatch(count: number | null): ImportedNetwork['input']['batch'] {
  if (count === null) return 'any';
  if (count <= MAX_BATCH) return count;
  throw new InputError(`the graph takes ${count} images at a time; expected at most ${MAX_BATCH}`);
}

function findChannels(
  found: number | null,
  { gray, mean, std }: NetworkDescription,
): ImportedNetwork['input']['channels'] {
  const count = found ?? (gray === 'repeated' ? 3 : 1);
  if (count !== 1 && count !== 3) {
    throw new InputError(`wrong number of channels: ${count}; expected 1, or 3`);
  }
  const each = (values: number | readonly number[], name: string, channel: number): number => {
    if (typeof values === 'number') return values;
    if (values.length === count) return values[channel]!;
    throw new InputError(
      `"${name}" of the card has ${values.length} numbers; expected one, or one for each of ${count} channels`,
    );
  };
  const channel = (i: number) => ({
    mean: each(mean, 'mean', i),
    deviation: each(std, 'std', i),
  });
  return count === 1 ? [channel(0)] : [channel(0), channel(1), channel(2)];
}

function findSide(
  side: 'height' | 'width',
  found: number | null,
  description: NetworkDescription,
): number {
  const given = description[side];
  if (found !== null && given !== undefined && found !== given) {
    throw new InputError(`"${side}" of the card is ${given}; expected ${found}, as in the graph`);
  }
  const pixels = found ?? given;
  if (pixels === undefined) {
    throw new InputError(`the graph takes images of any ${side}; expected "${side}" in the card`);
  }
  if (pixels <= MAX_SIDE) return pixels;
  throw new InputError(`the images are too large: ${pixels} pixels; expected at most ${MAX_SIDE}`);
}

function describeShape(shape: GraphValue['shape']): string {
  return shape === null ? 'none' : `[${shape.map((size) => size ?? 'any').join(', ')}]`;
}
