/** A fitted function; its parameters have the order and the units in which they are fitted. */
export type FittedFunction = (parameters: readonly number[]) => (x: number) => number;

/** One bump over orientation; x and mu are in radians. */
export const orientationBump: FittedFunction =
  ([b, a, kappa, mu]) =>
  (x) =>
    b! + a! * Math.exp(kappa! * (Math.cos(2 * (x - mu!)) - 1));

/** Two bumps over direction, at opposite directions; x and mu are in radians. */
export const directionBumps: FittedFunction =
  ([b, a, kappa, mu, phi]) =>
  (x) => {
    const cos = Math.cos(x - mu!);
    const there = Math.exp(kappa! * (cos - 1));
    const back = Math.exp(kappa! * (-cos - 1));
    return b! + a! * (phi! * there + (1 - phi!) * back);
  };

/** A Gaussian; x and its centre are frequencies, or log2 of frequencies. */
export const gaussian: FittedFunction =
  ([b, a, at, sigma]) =>
  (x) =>
    b! + a! * Math.exp(-(((x - at!) / sigma!) ** 2) / 2);

/** A Gaussian centre less a Gaussian surround, as far as a disc of diameter x covers each. */
export const centreSurround: FittedFunction =
  ([b, centre, surround, sigma, ratio]) =>
  (diameter) =>
    b! + centre! * onDisc(diameter, sigma!)[0] - surround! * onDisc(diameter, sigma! * ratio!)[0];

/** The share of a Gaussian's volume on a disc around its centre, and the derivative by sigma. */
export function onDisc(diameter: number, sigma: number): readonly [share: number, bySigma: number] {
  const z = (diameter * diameter) / (8 * sigma * sigma);
  const rest = Math.exp(-z);
  return [1 - rest, (-2 * z * rest) / sigma];
}

/** The function of Naka and Rushton; x and c50 are logarithms. */
export const nakaRushton: FittedFunction =
  ([b, rmax, half, n]) =>
  (logC) =>
    b! + rmax! * saturation(logC - half!, n!, 1)[0];

/** The function of Naka and Rushton with a second exponent in its denominator. */
export const supersaturating: FittedFunction =
  ([b, a, half, n, s]) =>
  (logC) =>
    b! + a! * saturation(logC - half!, n!, s!)[0];

/** Computes u^n / (1 + u^(s n)) and u^(s n) / (1 + u^(s n)) from log u; s >= 1. */
export function saturation(
  logU: number,
  n: number,
  s: number,
): readonly [shape: number, pool: number] {
  // All exponents are at most 0, so nothing overflows.
  const rest = Math.exp(-Math.abs(s * n * logU));
  if (logU > 0) return [Math.exp(n * (1 - s) * logU) / (1 + rest), 1 / (1 + rest)];
  return [Math.exp(n * logU) / (1 + rest), rest / (1 + rest)];
}
