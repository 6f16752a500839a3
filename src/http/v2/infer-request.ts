import type { ServedModel } from '../../engine/catalogue.js';
import type { Priority } from '../../engine/scheduler.js';
import { decodeRawStimuli } from '../../stimulus/arrays.js';
import { errorAt } from '../../stimulus/errors.js';
import { checkCount } from '../../stimulus/limits.js';
import type { Stimuli } from '../../stimulus/stimuli.js';
import { type NeuronSelection, selectNeurons } from '../neurons.js';
import type { Limits } from '../service.js';
import { divideBody, type InferBody, type InputTensor, parseInferBody } from './infer-body.js';
import { NEURONS, RESPONSES, STIMULUS } from './model-tensors.js';
import { createTensorReader, type Datatype, type TensorReader } from './tensors.js';

/** What an inference request asks, of one model. */
export interface InferRequest {
  readonly id: string | undefined;
  readonly stimuli: Stimuli;
  readonly neurons: NeuronSelection;
  readonly priority: Priority;
  /** Microseconds that the client waits, from the arrival of the request. */
  readonly timeout: number | undefined;
  /** Whether the responses are to follow the JSON, or to stand in it. */
  readonly binary: boolean;
}

export interface InferRequestBody {
  /** Not compressed. */
  readonly body: Uint8Array;
  /** `Inference-Header-Content-Length` */
  readonly headerLength: string | undefined;
  readonly model: ServedModel;
  readonly limits: Limits;
}

/** How stimuli may be sent, and what that is for `decodeRawStimuli`. */
const STIMULUS_DATATYPES = { FP32: 'float32', UINT8: 'uint8' } as const;

/**
 * Reads an inference request: JSON with or without tensors behind it, or the stimuli as float32 alone.
 * @throws InputError with what is wrong and where, PayloadTooLargeError beyond the limits
 */
export function readInferRequest(request: InferRequestBody): InferRequest {
  const { body, headerLength, model, limits } = request;
  const { json, binary } = divideBody(body, headerLength);
  if (json === undefined) {
    const { stimuli } = decodeRawStimuli(binary, 'float32', model.card.stimulus, limits, 0);
    const neurons = selectNeurons(model.card, undefined);
    const [id, timeout] = [undefined, undefined];
    return { id, stimuli, neurons, priority: 'prediction', timeout, binary: true };
  }
  const inference = parseInferBody(json);
  const reader = createTensorReader(binary);
  const inputs = readInputs(inference, reader, request);
  reader.end();
  const { id, parameters } = inference;
  return {
    ...inputs,
    id: id ?? undefined,
    priority: (parameters?.priority ?? 0) > 1 ? 'sweep' : 'prediction',
    timeout: parameters?.timeout || undefined,
    binary: wantsBinary(inference),
  };
}

function readInputs(
  { inputs }: InferBody,
  reader: TensorReader,
  { model, limits }: InferRequestBody,
): Pick<InferRequest, 'stimuli' | 'neurons'> {
  let stimuli: Stimuli | undefined;
  let neurons: NeuronSelection | undefined;
  for (const [i, input] of inputs.entries()) {
    const path = `inputs[${i}]`;
    if (input.name === STIMULUS && stimuli === undefined) {
      stimuli = readStimuli(input, reader, path, model, limits);
    } else if (input.name === NEURONS && neurons === undefined) {
      neurons = readNeurons(input, reader, path, model);
    } else {
      const known = input.name === STIMULUS || input.name === NEURONS;
      const message = known
        ? 'is given twice'
        : `is not known; there are ${STIMULUS} and ${NEURONS}`;
      throw errorAt(`${path}.name`, `'${input.name}' ${message}`);
    }
  }
  if (stimuli === undefined) throw errorAt('inputs', `'${STIMULUS}' is missing`);
  return { stimuli, neurons: neurons ?? selectNeurons(model.card, undefined) };
}

function readStimuli(
  input: InputTensor,
  reader: TensorReader,
  path: string,
  { card }: ServedModel,
  limits: Limits,
): Stimuli {
  const { datatype, shape } = input;
  const { height, width } = card.stimulus;
  if (datatype !== 'FP32' && datatype !== 'UINT8') {
    throw errorAt(`${path}.datatype`, `'${STIMULUS}' is FP32 (0..1) or UINT8 (0..255)`);
  }
  const [count = 0] = shape;
  if (shape.length !== 3 || count === 0 || shape[1] !== height || shape[2] !== width) {
    throw errorAt(`${path}.shape`, `is [${shape}]; '${STIMULUS}' is [n, ${height}, ${width}]`);
  }
  checkCount(count, limits);
  const bytes = reader.read(input, datatype, path);
  return decodeRawStimuli(bytes, STIMULUS_DATATYPES[datatype], card.stimulus, limits, 0).stimuli;
}

function readNeurons(
  input: InputTensor,
  reader: TensorReader,
  path: string,
  { card }: ServedModel,
): NeuronSelection {
  const datatype: Datatype = 'INT32';
  const { shape } = input;
  const most = card.neurons.length;
  if (input.datatype !== datatype) throw errorAt(`${path}.datatype`, `'${NEURONS}' is ${datatype}`);
  if (shape.length !== 1 || shape[0] === 0 || shape[0]! > most) {
    throw errorAt(`${path}.shape`, `is [${shape}]; '${NEURONS}' is [k], k from 1 to ${most}`);
  }
  const { buffer } = Uint8Array.from(reader.read(input, datatype, path));
  return selectNeurons(card, [...new Int32Array(buffer)]);
}

function wantsBinary({ outputs, parameters }: InferBody): boolean {
  for (const [i, { name }] of (outputs ?? []).entries()) {
    const path = `outputs[${i}].name`;
    if (name !== RESPONSES) throw errorAt(path, `'${name}' is not known; there is ${RESPONSES}`);
    if (i > 0) throw errorAt(path, `'${name}' is asked for twice`);
  }
  const own = outputs?.[0]?.parameters?.binary_data;
  return own ?? parameters?.binary_data_output ?? false;
}
