/** Default values of each dimension, and curves of neurons whose tuning is known. */
export const ORIENTATIONS = Array.from({ length: 12 }, (_, i) => 15 * i);
export const DIRECTIONS = Array.from({ length: 24 }, (_, i) => 15 * i);
export const FREQUENCIES = Array.from({ length: 22 }, (_, i) => 0.02 * 20 ** (i / 21));
export const DIAMETERS = Array.from({ length: 12 }, (_, i) => 2 * 25 ** (i / 11));
export const CONTRASTS = Array.from({ length: 9 }, (_, i) => 2 ** ((i - 8) / 2));
export const POSITIONS = Array.from({ length: 21 }, (_, i) => (i - 10) * 2.4);

export const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Distance of two angles on the circle, in degrees. */
export function apart(a: number, b: number, period: number): number {
  const difference = Math.abs(a - b) % period;
  return Math.min(difference, period - difference);
}

export function vonMises(kappa: number, mu: number) {
  return (orientation: number) => Math.exp(kappa * (Math.cos(radians(2 * (orientation - mu))) - 1));
}

export interface Size {
  readonly b: number;
  readonly Kc: number;
  readonly Ks: number;
  readonly sigma: number;
  readonly ratio: number;
}

export function sizeCurve({ b, Kc, Ks, sigma, ratio }: Size) {
  const covered = (diameter: number, width: number) => 1 - Math.exp(-((diameter / width) ** 2) / 8);
  return (diameter: number) =>
    b + Kc * covered(diameter, sigma) - Ks * covered(diameter, sigma * ratio);
}

export function nakaRushton(b: number, rmax: number, c50: number, n: number) {
  return (contrast: number) => b + (rmax * contrast ** n) / (c50 ** n + contrast ** n);
}
