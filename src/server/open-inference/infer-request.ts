import type { Priority } from '../../inference/scheduler.js';
import { type DecodedArray, decodeRawStimuli } from '../../stimulus/decode/array.js';
import { errorAt } from '../../stimulus/errors.js';
import { checkCount, type StimulusLimits } from '../../stimulus/limits.js';
import { imageAxes, type StimulusShape } from '../../stimulus/stimuli.js';
import { divideBody, type InferBody, type InputTensor, parseInferBody } from './infer-body.js';
import { NEURONS, type OutputName, STIMULUS } from './model-tensors.js';
import { createTensorReader, type Datatype, type TensorReader } from './tensors.js';

/** An inference request as data: its body, and the facts of the model that reading it needs. */
export interface InferenceTask {
  /** Not compressed. */
  readonly body: Uint8Array;
  /** `Inference-Header-Content-Length` */
  readonly headerLength: string | undefined;
  /** The shape of one stimulus. */
  readonly image: StimulusShape;
  /** Number of neurons of the model. */
  readonly neurons: number;
  /** Names of the tensors that the model gives. */
  readonly outputs: readonly OutputName[];
  readonly limits: StimulusLimits;
}

/** An inference request, decoded. */
export interface ReadInference extends DecodedArray {
  readonly id: string | undefined;
  /** Their ids; all where it is undefined. */
  readonly neurons: readonly number[] | undefined;
  readonly priority: Priority;
  /** Microseconds that the client waits, from the arrival of the request. */
  readonly timeout: number | undefined;
  readonly outputs: readonly WantedOutput[];
}

/** A tensor of the answer. */
export interface WantedOutput {
  readonly name: OutputName;
  /** Whether it follows the JSON, or is in it. */
  readonly binary: boolean;
}

/** The datatypes of stimuli, with the names that `decodeRawStimuli` has for them. */
const STIMULUS_DATATYPES = { FP32: 'float32', UINT8: 'uint8' } as const;

/**
 * Reads an inference request: JSON with or without tensors behind it, or the stimuli as float32 alone.
 * @throws InputError with what is wrong and where, PayloadTooLargeError beyond the limits
 */
export function readInference(task: InferenceTask): ReadInference {
  const { body, headerLength, image, limits } = task;
  const { json, binary } = divideBody(body, headerLength);
  if (json === undefined) {
    const decoded = decodeRawStimuli(binary, 'float32', image, limits, 0);
    const [id, neurons, timeout] = [undefined, undefined, undefined];
    const outputs = task.outputs.map((name) => ({ name, binary: true }));
    return { ...decoded, id, neurons, priority: 'prediction', timeout, outputs };
  }
  const inference = parseInferBody(json);
  const reader = createTensorReader(binary);
  const inputs = readInputs(inference, reader, task);
  reader.end();
  const { id, parameters } = inference;
  return {
    ...inputs,
    id: id ?? undefined,
    priority: (parameters?.priority ?? 0) > 1 ? 'sweep' : 'prediction',
    timeout: parameters?.timeout || undefined,
    outputs: readOutputs(inference, task.outputs),
  };
}

function readInputs(
  { inputs }: InferBody,
  reader: TensorReader,
  task: InferenceTask,
): Pick<ReadInference, 'stimuli' | 'notes' | 'neurons'> {
  let decoded: DecodedArray | undefined;
  let neurons: readonly number[] | undefined;
  for (const [i, input] of inputs.entries()) {
    const path = `inputs[${i}]`;
    if (input.name === STIMULUS && decoded === undefined) {
      decoded = readStimuli(input, reader, path, task);
    } else if (input.name === NEURONS && neurons === undefined) {
      neurons = readNeurons(input, reader, path, task);
    } else {
      const known = input.name === STIMULUS || input.name === NEURONS;
      const message = known ? 'is given twice' : `is not known; expected ${STIMULUS} or ${NEURONS}`;
      throw errorAt(`${path}.name`, `'${input.name}' ${message}`);
    }
  }
  if (decoded === undefined) throw errorAt('inputs', `'${STIMULUS}' is missing`);
  return { ...decoded, neurons };
}

function readStimuli(
  input: InputTensor,
  reader: TensorReader,
  path: string,
  { image, limits }: InferenceTask,
): DecodedArray {
  const { datatype, shape } = input;
  const axes = imageAxes(image);
  if (datatype !== 'FP32' && datatype !== 'UINT8') {
    throw errorAt(`${path}.datatype`, `'${STIMULUS}' is FP32 (0..1) or UINT8 (0..255)`);
  }
  const [count = 0, ...sent] = shape;
  if (count === 0 || sent.length !== axes.length || sent.some((side, i) => side !== axes[i])) {
    throw errorAt(`${path}.shape`, `is [${shape}]; '${STIMULUS}' is [n, ${axes.join(', ')}]`);
  }
  checkCount(count, limits);
  const bytes = reader.read(input, datatype, path);
  return decodeRawStimuli(bytes, STIMULUS_DATATYPES[datatype], image, limits, 0);
}

function readNeurons(
  input: InputTensor,
  reader: TensorReader,
  path: string,
  { neurons: count }: InferenceTask,
): number[] {
  const datatype: Datatype = 'INT32';
  const { shape } = input;
  if (input.datatype !== datatype) throw errorAt(`${path}.datatype`, `'${NEURONS}' is ${datatype}`);
  if (shape.length !== 1 || shape[0] === 0 || shape[0]! > count) {
    throw errorAt(`${path}.shape`, `is [${shape}]; '${NEURONS}' is [k], k from 1 to ${count}`);
  }
  const { buffer } = new Uint8Array(reader.read(input, datatype, path));
  return [...new Int32Array(buffer)];
}

/** The outputs that are asked for; all of the model's where none are named. */
function readOutputs(
  { outputs, parameters }: InferBody,
  known: readonly OutputName[],
): WantedOutput[] {
  const binary = parameters?.binary_data_output ?? false;
  if (!outputs || outputs.length === 0) return known.map((name) => ({ name, binary }));
  return outputs.map((output, i) => {
    const path = `outputs[${i}].name`;
    const name = known.find((each) => each === output.name);
    if (name === undefined) {
      throw errorAt(path, `'${output.name}' is not known; expected ${known.join(' or ')}`);
    }
    if (outputs.findIndex((each) => each.name === name) < i) {
      throw errorAt(path, `'${name}' is requested twice`);
    }
    return { name, binary: output.parameters?.binary_data ?? binary };
  });
}
