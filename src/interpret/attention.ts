import { ATTENTION_STRIDE } from '../network/attention-map.js';
import { centreIndex, type MapSize } from '../network/layers/map.js';

/** A place of a map, in rows and columns, which may lie between them. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** A measure of where the centre hypercolumn attends. */
export interface AttentionMeasure {
  readonly formula: string;
  readonly unit: 'bits' | 'pixels';
  /** @param attention one row of the attention matrix, [cells], not negative, its sum 1 */
  readonly measure: (attention: ArrayLike<number>, map: MapSize, from?: Place) => number;
}

/** 0: all on one cell; log2(cells): even. Shannon 1948, with 0 log2 0 = 0. */
export const ENTROPY: AttentionMeasure = {
  formula: '-sum a log2 a',
  unit: 'bits',
  measure: (attention) => {
    let sum = 0;
    for (let cell = 0; cell < attention.length; cell++) {
      const share = attention[cell]!;
      if (share > 0) sum -= share * Math.log2(share);
    }
    return sum;
  },
};

/** From the centre hypercolumn, or another place, to where it attends: between the middles of the fields. */
export const MEAN_DISTANCE: AttentionMeasure = {
  formula: 'sum a |p - p_centre|',
  unit: 'pixels',
  measure: (attention, map, from = centrePlace(map)) => {
    let sum = 0;
    for (let cell = 0; cell < attention.length; cell++) {
      const dx = (cell % map.width) - from.column;
      const dy = Math.floor(cell / map.width) - from.row;
      sum += attention[cell]! * Math.hypot(dx, dy) * ATTENTION_STRIDE;
    }
    return sum;
  },
};

/** The centre hypercolumn. */
export function centrePlace(map: MapSize): Place {
  const centre = centreIndex(map);
  return { row: Math.floor(centre / map.width), column: centre % map.width };
}

/** The value of a measure for even attention. */
export function ofEvenAttention({ measure }: AttentionMeasure, map: MapSize): number {
  const cells = map.height * map.width;
  return measure(new Float64Array(cells).fill(1 / cells), map);
}
