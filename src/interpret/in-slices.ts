import { type Stimuli, sliceStimuli } from '../stimulus/stimuli.js';
import type { Look } from './interpretation.js';
import type { Inside, InsideRequest } from './interpreter.js';

/** Stimuli times neurons at once: a tenth of a second or two, and some hundred megabytes. */
const LOOKS_AT_ONCE = 128;
const GRADIENTS_AT_ONCE = 32;
/** Pixels of a stimulus for which that holds; an attention matrix grows with their square. */
const PIXELS = 2500;

/** Called before each piece; throws where nobody waits for the rest any longer. */
export type Check = () => void;

/**
 * Looks at any number of stimuli and neurons, piece by piece.
 * @returns as `Look`, of all
 */
export async function lookAt(
  inside: Pick<Inside, 'look'>,
  { model, stimuli, neurons }: InsideRequest,
  check: Check,
): Promise<Look> {
  const [rows, columns] = [stimuli.count, neurons.length];
  const matrix = () => new Float32Array(rows * columns);
  const whole = { responses: matrix(), centre: matrix(), surround: matrix() };
  const bias = new Float32Array(columns);
  const most = atOnce(LOOKS_AT_ONCE, stimuli);
  let attention: Float32Array | null = null;
  for (let first = 0; first < columns; first += most) {
    const group = neurons.subarray(first, first + most);
    const each = Math.floor(most / group.length);
    for (let from = 0; from < rows; from += each) {
      check();
      const batch = sliceStimuli(stimuli, from, Math.min(rows, from + each));
      const seen = await inside.look({ model, stimuli: batch, neurons: group });
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
      if (seen.attention) {
        const cells = seen.attention.length / (batch.count * group.length);
        attention ??= new Float32Array(rows * columns * cells);
        place(seen.attention, attention);
      }
    }
  }
  return { ...whole, bias, attention };
}

/** Gradients of the responses of any number of neurons to any number of stimuli. */
export interface Gradients {
  /** [stimuli, neurons] */
  readonly responses: Float32Array;
  /** d response / d pixel, pixels in 0..1: [stimuli, neurons, height, width]. */
  readonly gradients: Float32Array;
}

/** The gradients of any number of responses, piece by piece. */
export async function gradientsOf(
  inside: Pick<Inside, 'gradient'>,
  { model, stimuli, neurons }: InsideRequest,
  check: Check,
): Promise<Gradients> {
  const { count, height, width } = stimuli;
  const size = height * width;
  const responses = new Float32Array(count * neurons.length);
  const gradients = new Float32Array(responses.length * size);
  const most = atOnce(GRADIENTS_AT_ONCE, stimuli);
  for (const [column, neuron] of neurons.entries()) {
    for (let from = 0; from < count; from += most) {
      check();
      const batch = sliceStimuli(stimuli, from, Math.min(count, from + most));
      const own = await inside.gradient({ model, stimuli: batch, neuron });
      for (let row = 0; row < batch.count; row++) {
        const to = (from + row) * neurons.length + column;
        responses[to] = own.responses[row]!;
        gradients.set(own.gradient.subarray(row * size, (row + 1) * size), to * size);
      }
    }
  }
  return { responses, gradients };
}

function atOnce(most: number, { height, width }: Stimuli): number {
  return Math.max(1, Math.floor(most * Math.min(1, (PIXELS / (height * width)) ** 2)));
}
