import { InputError, messageOf } from '../errors.js';
import { readNamed } from '../files/whole-file.js';
import {
  type ImportedInput,
  imageTensor,
  respondTo,
} from '../inference/onnx/imported/network-session.js';
import { GRAPH_BYTES, readGraph } from '../inference/onnx/imported/read-graph.js';
import type { Onnxruntime } from '../inference/onnx/onnxruntime.js';
import { SESSION_OPTIONS } from '../inference/onnx/sessions.js';
import type { GoldenCard, StimulusCard } from '../models/card.js';
import type { ImportedNetwork } from '../network/imported/architecture.js';
import { randomStream } from '../network/random.js';
import { imageLength, type Stimuli, stimulusAt } from '../stimulus/stimuli.js';
import type { NetworkDescription } from './description.js';
import { goldenGratings } from './gratings.js';
import { measureGradient } from './measure-gradient.js';
import { countGraph } from './multiply-adds.js';
import { networkInput } from './network-input.js';

/** A network to measure: its file, and what is known of it besides. */
export interface NetworkToMeasure {
  /** The .onnx file. */
  readonly file: string;
  /** That of its gradient. */
  readonly gradient?: string | undefined;
  readonly description: NetworkDescription;
}

/** What the card of a network says that was found by running it. */
export interface MeasuredNetwork {
  readonly architecture: ImportedNetwork;
  readonly stimulus: Pick<StimulusCard, 'height' | 'width' | 'channels' | 'scale' | 'offset'>;
  readonly golden: GoldenCard;
  /** The program that wrote the graph. */
  readonly producer: string;
  /** What a person should know, in sentences. */
  readonly warnings: readonly string[];
}

/** The largest difference between responses that should be the same, as a share of their range. */
const TOLERANCE = 1e-4;

/**
 * Reads a network and runs it: its responses must be [images, neurons], finite, and the same each time.
 * @throws InputError naming what is wrong with the file, its description or its responses
 */
export async function measureNetwork(
  onnxruntime: Onnxruntime,
  { file, gradient: gradientFile, description }: NetworkToMeasure,
): Promise<MeasuredNetwork> {
  const { InferenceSession, Tensor } = onnxruntime;
  const bytes = await readNamed(file, GRAPH_BYTES);
  const graph = readGraph(bytes);
  const { input, ...size } = networkInput(graph, description);
  const [black, white] = description.values;
  const stimulus = { ...size, scale: white - black, offset: black };
  const imported: ImportedInput = { input, output: { name: graph.outputs[0]!.name }, stimulus };
  const images = eightBit(goldenGratings(size));
  const own = Array.from({ length: images.count }, (_, i) => stimulusAt(images, i).pixels);
  const session = await withReason(() => InferenceSession.create(bytes, SESSION_OPTIONS));
  const respond: Respond = (some) => withReason(() => respondTo(session, Tensor, imported, some));
  try {
    const responses = await respondToEach(respond, imported, own, description);
    const range = rangeOf(responses.flat());
    await checkRepeats(respond, own[0]!, responses[0]!);
    const warnings = await checkBatch(respond, imported, own, range);
    if (isConstant(responses)) warnings.push('the responses are the same to all images');
    const slope =
      gradientFile === undefined ? undefined : await readNamed(gradientFile, GRAPH_BYTES);
    const [neurons, image] = [responses[0]!.length, noiseImage(imageLength(size))];
    const gradient =
      slope &&
      (await withReason(() =>
        measureGradient(onnxruntime, slope, {
          ...{ imported, neurons, image, range },
          respond: (one) => respond([one]),
        }),
      ));
    const feeds = { [input.name]: imageTensor(Tensor, imported, [own[0]!]) };
    const counted = await withReason(() => countGraph(onnxruntime, bytes, feeds));
    return {
      architecture: {
        family: 'onnx',
        opset: graph.opset,
        input,
        output: imported.output,
        ...(gradient && { gradient }),
        parameters: graph.parameters,
        bytes: Math.max(bytes.length, slope?.length ?? 0),
        multiplyAdds: counted,
        attention: 'none',
      },
      stimulus,
      golden: { stimuli: own.map(toBase64), responses },
      producer: graph.producer,
      warnings,
    };
  } finally {
    await session.release();
  }
}

/** @param responses [image][neuron] */
function isConstant([first, ...others]: readonly (readonly number[])[]): boolean {
  return others.every((row) => row.every((value, neuron) => value === first![neuron]));
}

/** @returns [images of the graph, neurons] */
type Respond = (images: readonly Float32Array[]) => Promise<Float32Array>;

/** @returns [image][neuron] */
async function respondToEach(
  respond: Respond,
  { input }: ImportedInput,
  images: readonly Float32Array[],
  { neurons }: NetworkDescription,
): Promise<number[][]> {
  const rows: number[][] = [];
  for (const image of images) {
    const values = await respond([image]);
    const each = values.length / (input.batch === 'any' ? 1 : input.batch);
    if (each === 0) throw new InputError('wrong number of responses: 0; expected one or more');
    if (neurons && neurons.length !== each) {
      throw new InputError(
        `"neurons" of the card has ${neurons.length} ids; expected ${each}, as the network has responses`,
      );
    }
    const row = [...values.subarray(0, each)];
    const bad = row.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new InputError(
        `response ${bad} to a grating is ${row[bad]}; expected finite responses`,
      );
    }
    rows.push(row);
  }
  return rows;
}

async function checkRepeats(
  respond: Respond,
  image: Float32Array,
  before: readonly number[],
): Promise<void> {
  const again = (await respond([image])).subarray(0, before.length);
  const index = again.findIndex((value, i) => !Object.is(value, before[i]));
  if (index < 0) return;
  throw new InputError(
    `response ${index} to the same image is ${before[index]}, then ${again[index]}; expected the same each time`,
  );
}

/** Compares the responses to an image among other images with those to the image alone, or to its copies. */
async function checkBatch(
  respond: Respond,
  { input: { batch } }: ImportedInput,
  [first, ...others]: readonly Float32Array[],
  range: number,
): Promise<string[]> {
  if (batch === 1 || first === undefined) return [];
  const [alone, together] = [await respond([first]), await respond([first, ...others])];
  const neurons = alone.length / (batch === 'any' ? 1 : batch);
  let largest = 0;
  for (let i = 0; i < neurons; i++) {
    largest = Math.max(largest, Math.abs(together[i]! - alone[i]!));
  }
  if (largest <= TOLERANCE * range) return [];
  const difference =
    range === 0
      ? largest.toPrecision(2)
      : `${((100 * largest) / range).toPrecision(2)} % of their range`;
  const what =
    `responses depend on the other images of a batch: they differ by ${difference}; ` +
    'was the network exported in evaluation mode (model.eval())?';
  if (batch !== 'any') throw new InputError(what);
  return [`${what} Each image is computed alone`];
}

/** What onnxruntime says of a network that it does not take. */
async function withReason<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const [reason = ''] = messageOf(cause).split('\n', 1);
    throw new InputError(`onnxruntime cannot compute the network: ${reason}`, [], { cause });
  }
}

/** Pixels that all differ: a maximum of two equal inputs has no single gradient. */
function noiseImage(size: number): Float32Array {
  const random = randomStream(1, 'image for a gradient');
  return Float32Array.from({ length: size }, () => random.uniform());
}

/** The pixels that the card can keep. */
function eightBit(stimuli: Stimuli): Stimuli {
  return { ...stimuli, pixels: stimuli.pixels.map((value) => Math.round(value * 255) / 255) };
}

function toBase64(pixels: Float32Array): string {
  return Buffer.from(Uint8Array.from(pixels, (value) => Math.round(value * 255))).toString(
    'base64',
  );
}

function rangeOf(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
}
