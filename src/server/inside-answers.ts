import {
  type AttentionMeasure,
  ENTROPY,
  FIELD,
  MEAN_DISTANCE,
  ofEvenAttention,
  STRIDE,
} from '../interpret/attention.js';
import type { Look } from '../interpret/interpretation.js';
import type { InsideRequest } from '../interpret/interpreter.js';
import { type Architecture, centreIndex, type MapSize } from '../network/architecture.js';
import { sheetColumns, sheetOf } from '../stimulus/sheet.js';
import type { GrayImage } from '../stimulus/stimuli.js';

/** How much of a request an answer's numbers are laid out by. */
type Extent = Pick<InsideRequest, 'stimuli' | 'neurons'>;

/** Maps for which the largest gradient stands in a header; those of more would not be passed on. */
const MOST_LARGEST = 16;

/** Maps of attention, and what is said of each. `attention[stimulus][neuron][row][column]`. */
export function attentionAnswer(attention: Float32Array, map: MapSize, extent: Extent) {
  const cells = map.height * map.width;
  const said = ({ formula, unit, measure }: AttentionMeasure) => {
    const values = Array.from({ length: attention.length / cells }, (_, i) =>
      measure(attention.subarray(i * cells, (i + 1) * cells), map),
    );
    return {
      formula,
      unit,
      ifEven: ofEvenAttention({ formula, unit, measure }, map),
      values: numbersOf(values, extent, []),
    };
  };
  const centre = centreIndex(map);
  return {
    map: {
      ...map,
      centre: [Math.floor(centre / map.width), centre % map.width],
      fieldPixels: FIELD,
      stridePixels: STRIDE,
    },
    attention: numbersOf(attention, extent, [map.height, map.width]),
    entropy: said(ENTROPY),
    meanDistance: said(MEAN_DISTANCE),
  };
}

/** The readout's sum taken apart, each `[stimulus][neuron]`; the bias `[neuron]`. */
export function readoutAnswer(
  { responses, centre, surround, bias }: Look,
  { readout, output }: Architecture,
  extent: Extent,
) {
  return {
    responses: numbersOf(responses, extent, []),
    readout: {
      kind: readout,
      formula:
        output === 'linear' ? 'centre + surround + bias' : `${output}(centre + surround + bias)`,
      centre: numbersOf(centre, extent, []),
      surround: numbersOf(surround, extent, []),
      bias: Array.from(bias),
    },
  };
}

/** An array [stimuli, neurons, ...shape] as nested lists. */
export function numbersOf(
  values: ArrayLike<number>,
  { stimuli, neurons }: Extent,
  shape: readonly number[],
): unknown[] {
  let index = 0;
  const nest = ([length, ...rest]: readonly number[]): unknown =>
    length === undefined ? values[index++] : Array.from({ length }, () => nest(rest));
  return nest([stimuli.count, neurons.length, ...shape]) as unknown[];
}

/**
 * Gradients to look at: mid gray is 0, white and black the largest of that map, up and down. A row for
 * each stimulus where there are several neurons.
 * @param gradients [stimuli, neurons, height, width]
 */
export function gradientSheet(
  gradients: Float32Array,
  { stimuli, neurons }: Extent,
): { readonly sheet: GrayImage; readonly largest: readonly number[] } {
  const { height, width } = stimuli;
  const size = height * width;
  const count = stimuli.count * neurons.length;
  const pixels = new Float32Array(gradients.length);
  const largest = Array.from({ length: count }, (_, i) => {
    const own = gradients.subarray(i * size, (i + 1) * size);
    const most = own.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    pixels.set(
      own.map((value) => (most > 0 ? 0.5 + value / (2 * most) : 0.5)),
      i * size,
    );
    return most;
  });
  const columns = stimuli.count > 1 && neurons.length > 1 ? neurons.length : sheetColumns(count);
  const sheet = sheetOf({ count, height, width, pixels }, 0.5, columns);
  return { sheet, largest: largest.slice(0, MOST_LARGEST) };
}
