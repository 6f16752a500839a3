import { scale } from '@observablehq/plot';

/** Colours of overlaid neurons. Colour-blind readers can distinguish them, on light and on dark backgrounds. */
const SERIES = [
  '#1f77b4',
  '#d9730d',
  '#0b9e73',
  '#c2569b',
  '#9a7d00',
  '#4aa3df',
  '#7b61c9',
  '#a1543c',
] as const;

/** Returns the colour of the neuron at an index of the chosen neurons. */
export function seriesColour(place: number): string {
  return SERIES[place % SERIES.length]!;
}

/** Colours of orientations in degrees, with a period of 180. */
export const ORIENTATION_SCALE = { type: 'cyclical', scheme: 'sinebow', domain: [0, 180] } as const;
/** Colours of shares, 0..1. */
export const SHARE_SCALE = {
  type: 'linear',
  scheme: 'viridis',
  domain: [0, 1],
  clamp: true,
} as const;

const orientations = scale({ color: ORIENTATION_SCALE });
const shares = scale({ color: SHARE_SCALE });

export function orientationColour(degrees: number): string {
  return orientations.apply(((degrees % 180) + 180) % 180);
}

export function shareColour(share: number): string {
  return shares.apply(share);
}

/** Returns RGBA for a value in -1..1: blue below 0, red above 0, transparent at 0. */
export function divergingColour(value: number): readonly [number, number, number, number] {
  const strength = Math.min(1, Math.abs(value));
  const [red, green, blue] = value < 0 ? [33, 102, 172] : [178, 24, 43];
  return [red!, green!, blue!, Math.round(255 * strength)];
}
