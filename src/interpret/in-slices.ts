import { imageLength, type Stimuli, sliceStimuli } from '../stimulus/stimuli.js';
import type { Interpretation } from './interpretation.js';
import type { InterpretationRequest, Interpreter } from './interpreter.js';

/** Stimuli times neurons of a slice: it takes a tenth of a second or two, and some hundred megabytes. */
const MAX_INTERPRETATIONS = 128;
const MAX_GRADIENTS = 32;
/** Pixels of a stimulus for which that holds; an attention matrix grows with their square. */
const PIXELS = 2500;

/** Called before each slice; throws when no client waits for the rest. */
export type Check = () => void;

/**
 * Interprets any number of stimuli and neurons, slice by slice.
 * @returns the interpretation of all
 */
export async function interpretInSlices(
  interpreter: Pick<Interpreter, 'interpret'>,
  { model, stimuli, neurons }: InterpretationRequest,
  check: Check,
): Promise<Interpretation> {
  const [rows, columns] = [stimuli.count, neurons.length];
  const matrix = () => new Float32Array(rows * columns);
  const whole = { responses: matrix(), centre: matrix(), surround: matrix() };
  const bias = new Float32Array(columns);
  const max = sliceSize(MAX_INTERPRETATIONS, stimuli);
  let attention: Float32Array | null = null;
  let masks: Float32Array | null = null;
  for (let first = 0; first < columns; first += max) {
    const group = neurons.subarray(first, first + max);
    const each = Math.floor(max / group.length);
    for (let from = 0; from < rows; from += each) {
      check();
      const batch = sliceStimuli(stimuli, from, Math.min(rows, from + each));
      const seen = await interpreter.interpret({ model, stimuli: batch, neurons: group });
      bias.set(seen.bias, first);
      const place = (part: Float32Array, to: Float32Array) => {
        const length = part.length / batch.count;
        const width = to.length / rows;
        for (let row = 0; row < batch.count; row++) {
          const own = part.subarray(row * length, (row + 1) * length);
          to.set(own, (from + row) * width + first * (width / columns));
        }
      };
      place(seen.responses, whole.responses);
      place(seen.centre, whole.centre);
      place(seen.surround, whole.surround);
      if (seen.masks) {
        masks ??= new Float32Array((seen.masks.length / group.length) * columns);
        masks.set(seen.masks, (first * seen.masks.length) / group.length);
      }
      if (seen.attention) {
        const cells = seen.attention.length / (batch.count * group.length);
        attention ??= new Float32Array(rows * columns * cells);
        place(seen.attention, attention);
      }
    }
  }
  return { ...whole, bias, attention, masks };
}

/** Gradients of the responses of any number of neurons to any number of stimuli. */
export interface Gradients {
  /** [stimuli, neurons] */
  readonly responses: Float32Array;
  /** d response / d pixel, pixels in 0..1: [stimuli, neurons, height, width, channels]. */
  readonly gradients: Float32Array;
}

/** Computes the gradients of any number of responses, slice by slice. */
export async function gradientsInSlices(
  interpreter: Pick<Interpreter, 'gradient'>,
  { model, stimuli, neurons }: InterpretationRequest,
  check: Check,
): Promise<Gradients> {
  const { count } = stimuli;
  const size = imageLength(stimuli);
  const responses = new Float32Array(count * neurons.length);
  const gradients = new Float32Array(responses.length * size);
  const max = sliceSize(MAX_GRADIENTS, stimuli);
  for (const [column, neuron] of neurons.entries()) {
    for (let from = 0; from < count; from += max) {
      check();
      const batch = sliceStimuli(stimuli, from, Math.min(count, from + max));
      const own = await interpreter.gradient({ model, stimuli: batch, neuron });
      for (let row = 0; row < batch.count; row++) {
        const to = (from + row) * neurons.length + column;
        responses[to] = own.responses[row]!;
        gradients.set(own.gradient.subarray(row * size, (row + 1) * size), to * size);
      }
    }
  }
  return { responses, gradients };
}

function sliceSize(max: number, { height, width }: Stimuli): number {
  return Math.max(1, Math.floor(max * Math.min(1, (PIXELS / (height * width)) ** 2)));
}
