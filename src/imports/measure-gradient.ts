import { InputError } from '../errors.js';
import { gradientAt } from '../inference/onnx/imported/gradient-session.js';
import type { ImportedInput } from '../inference/onnx/imported/network-session.js';
import { readGraph } from '../inference/onnx/imported/read-graph.js';
import type { Onnxruntime } from '../inference/onnx/onnxruntime.js';
import { SESSION_OPTIONS } from '../inference/onnx/sessions.js';
import type { ImportedGradient } from '../network/imported/architecture.js';

/** The network that a gradient must be of. */
export interface GradientOf {
  readonly imported: ImportedInput;
  readonly neurons: number;
  /** An image to compare at, [height, width, channels]. */
  readonly image: Float32Array;
  /** From the least to the largest response that was seen. */
  readonly range: number;
  /** @returns the responses of all neurons to one image */
  respond(image: Float32Array): Promise<ArrayLike<number>>;
}

/** Neurons whose gradients are compared with their responses. */
const COMPARED = 8;
/** Of the change of a response along its gradient, as shares of the change that the gradient says and of the range. */
const TOLERANCE = 0.1;
const STEP = { float32: 1e-3, float16: 0.1 } as const;

/**
 * Reads the graph of a gradient, and compares it with the responses: along the gradient of a neuron its response must
 * change as the gradient says.
 * @param bytes an .onnx file that may be anything
 * @throws InputError naming what is wrong
 */
export async function measureGradient(
  { InferenceSession, Tensor }: Onnxruntime,
  bytes: Uint8Array,
  { imported, neurons, image, range, respond }: GradientOf,
): Promise<ImportedGradient> {
  const gradient = findNames(bytes, neurons);
  const session = await InferenceSession.create(bytes, SESSION_OPTIONS);
  try {
    const input = { ...imported, gradient };
    for (let neuron = 0; neuron < Math.min(COMPARED, neurons); neuron++) {
      const slope = await gradientAt(session, Tensor, input, image, { neuron, neurons });
      const bad = slope.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        throw new InputError(
          `the gradient of response ${neuron} is ${slope[bad]}; expected finite numbers`,
        );
      }
      const steepness = lengthOf(slope);
      const rise = STEP[imported.input.type] * range;
      // A response that does not depend on this image has nothing to compare.
      if (steepness * lengthOf(image) < rise) continue;
      const step = rise / steepness ** 2;
      const moved = (sign: number) =>
        respond(image.map((pixel, i) => pixel + (sign * step * slope[i]!) / 2));
      const [up, down] = [await moved(1), await moved(-1)];
      const risen = up[neuron]! - down[neuron]!;
      if (Math.abs(risen - rise) <= TOLERANCE * rise) continue;
      throw new InputError(
        `the gradient of response ${neuron} is not that of the network: along it the response rises by ` +
          `${risen.toPrecision(3)}; expected ${rise.toPrecision(3)}`,
      );
    }
  } finally {
    await session.release();
  }
  return gradient;
}

/** The length of a vector, which may have more numbers than a function takes arguments. */
function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function findNames(bytes: Uint8Array, neurons: number): ImportedGradient {
  const { inputs, outputs } = readGraph(bytes);
  const image = inputs.find(({ shape }) => shape?.length === 4);
  const weights = inputs.find(({ shape }) => shape?.length === 1);
  if (inputs.length !== 2 || outputs.length !== 1 || !image || !weights) {
    throw new InputError(
      'wrong inputs or outputs of the gradient; expected an image [1, C, H, W] and weights [neurons], and one output',
    );
  }
  const length = weights.shape![0] ?? neurons;
  if (length !== neurons) {
    throw new InputError(
      `the gradient takes ${length} weights; expected ${neurons}, one for each neuron`,
    );
  }
  return { image: image.name, weights: weights.name, output: outputs[0]!.name };
}
