/** Where filters lie along one side of a stimulus. */
export interface Places {
  readonly count: number;
  /** Pixels from one place to the next. */
  readonly stride: number;
  /** The pixel at the first place; it may lie outside. */
  readonly first: number;
}

/** Pixels from one place of the map to the next. */
export const STRIDE = 4;

/** The places of the map along a side: every fourth pixel, centred. */
export function mapPlaces(length: number): Places {
  return {
    count: Math.ceil(length / STRIDE),
    stride: STRIDE,
    first: Math.floor(((length - 1) % STRIDE) / 2),
  };
}

/** Two places for each place of the map, one on each side of it. */
export function doublePlaces(length: number): Places {
  const { count, first } = mapPlaces(length);
  return { count: 2 * count, stride: STRIDE / 2, first: first - STRIDE / 4 };
}

/** Pixels that a side lacks before its start and after its end for filters at some places. */
export function padding(
  length: number,
  { count, stride, first }: Places,
  side: number,
): [number, number] {
  const radius = (side - 1) / 2;
  const last = first + stride * (count - 1);
  return [radius - first, last + radius - (length - 1)];
}
