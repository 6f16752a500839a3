/** Height and width of a map, in cells. */
export interface MapSize {
  readonly height: number;
  readonly width: number;
}

/** Index of the centre hypercolumn in the flattened map: 40 of 81. */
export function centreIndex(map: MapSize): number {
  return Math.floor(map.height / 2) * map.width + Math.floor(map.width / 2);
}
