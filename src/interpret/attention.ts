import { centreIndex, type MapSize } from '../network/layers/map.js';

/** Pixels that a hypercolumn sees along a side: two 5x5 convolutions, each with a 2x2 pool. */
export const FIELD = 16;
/** Pixels from the field of one hypercolumn to that of the next. */
export const STRIDE = 4;

/** A measure of where the centre hypercolumn attends. */
export interface AttentionMeasure {
  readonly formula: string;
  readonly unit: 'bits' | 'pixels';
  /** @param attention one row of the attention matrix, [cells], not negative, its sum 1 */
  readonly measure: (attention: ArrayLike<number>, map: MapSize) => number;
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

/** From the centre hypercolumn to where it attends: between the middles of the fields. */
export const MEAN_DISTANCE: AttentionMeasure = {
  formula: 'sum a |p - p_centre|',
  unit: 'pixels',
  measure: (attention, map) => {
    const centre = centreIndex(map);
    let sum = 0;
    for (let cell = 0; cell < attention.length; cell++) {
      const dx = (cell % map.width) - (centre % map.width);
      const dy = Math.floor(cell / map.width) - Math.floor(centre / map.width);
      sum += attention[cell]! * Math.hypot(dx, dy) * STRIDE;
    }
    return sum;
  },
};

/** The value of a measure for even attention. */
export function ofEvenAttention({ measure }: AttentionMeasure, map: MapSize): number {
  const cells = map.height * map.width;
  return measure(new Float64Array(cells).fill(1 / cells), map);
}
