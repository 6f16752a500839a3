import { type AnyArchitecture, isShared } from './any-architecture.js';
import type { MapSize } from './layers/map.js';
import { mapSizes } from './map-sizes.js';
import { sharedFieldSide, sharedMapSize } from './shared-core/parameters.js';
import { mapPlaces } from './shared-core/places.js';

/** Pixels from one place of the map to the next: two 2x2 pools, or the stride of a shared core. */
export const ATTENTION_STRIDE = 4;
/** Pixels along a side that a hypercolumn sees: two 5x5 convolutions, each with a 2x2 pool. */
const HYPERCOLUMN = 16;

/** The map between whose places the networks of an architecture attend. */
export interface AttentionMap extends MapSize {
  /** Pixels along a side that one place sees. */
  readonly field: number;
  /** Row and column at which the first place's tile of 4x4 pixels begins, in the middle of what it sees. */
  readonly start: readonly [row: number, column: number];
}

/**
 * @throws InputError when the stimulus is too small for the network
 * @example
 * attentionMapOf(ARCHITECTURES.ff_sa_cnn.network, { height: 50, width: 50 });
 * // { height: 9, width: 9, field: 16, start: [6, 6] }
 */
export function attentionMapOf(architecture: AnyArchitecture, stimulus: MapSize): AttentionMap {
  if (isShared(architecture)) {
    const start = (length: number) => mapPlaces(length).first + (1 - ATTENTION_STRIDE) / 2;
    return {
      ...sharedMapSize(architecture, stimulus),
      field: sharedFieldSide(architecture),
      start: [start(stimulus.height), start(stimulus.width)],
    };
  }
  const { hypercolumns } = mapSizes(architecture, stimulus.height, stimulus.width);
  const margin = (HYPERCOLUMN - ATTENTION_STRIDE) / 2;
  return { ...hypercolumns, field: HYPERCOLUMN, start: [margin, margin] };
}
