import type { Monitor } from './monitor.js';

/** Three numbers: of L, M and S cones, or of red, green and blue. */
export type Triple = readonly [number, number, number];

const PRIMARIES = ['red', 'green', 'blue'] as const;

/**
 * Excitations of the L, M and S cones by CIE 1931 XYZ after Smith and Pokorny (1975), scaled so that L + M is the
 * luminance Y. Judd's and Vos' correction of the short wavelengths is left out.
 */
const CONES = [
  [0.15516, 0.54308, -0.03287],
  [-0.15516, 0.45692, 0.03287],
  [0, 0, 0.01608],
] as const;

/** How the light of a monitor excites cones: a row for each of L, M and S, a column for each primary at full value. */
export type ConeMatrix = readonly [Triple, Triple, Triple];

/** Computes the excitations of L, M and S cones by each primary at full value, in cd/m2 of L + M. */
export function coneMatrix(monitor: Monitor): ConeMatrix {
  const tristimulus = PRIMARIES.map((name) => {
    const { x, y, luminance } = monitor[name];
    return [(x / y) * luminance, luminance, ((1 - x - y) / y) * luminance] as const;
  });
  const excitation = ([a, b, c]: Triple) =>
    tristimulus.map(([X, Y, Z]) => a * X + b * Y + c * Z) as unknown as Triple;
  return [excitation(CONES[0]), excitation(CONES[1]), excitation(CONES[2])];
}

/** Computes the excitations of L, M and S cones by light of the three primaries, each 0..1 of its full value. */
export function coneExcitations(matrix: ConeMatrix, light: Triple): Triple {
  return matrix.map((row) => dot(row, light)) as unknown as Triple;
}

/** Computes the light of the three primaries that gives excitations (Cramer's rule). */
export function lightFor(matrix: ConeMatrix, excitations: Triple): Triple {
  const columns = [0, 1, 2].map((c) => matrix.map((row) => row[c]!) as unknown as Triple);
  const whole = determinant(columns);
  return columns.map((_, c) => {
    return determinant(columns.with(c, excitations)) / whole;
  }) as unknown as Triple;
}

/** Converts stored values of 0..1 to light of 0..1. */
export function lightOf(monitor: Monitor, values: Triple): Triple {
  return PRIMARIES.map((name, c) => values[c]! ** monitor[name].gamma) as unknown as Triple;
}

/** Converts light of 0..1 of a primary, 0 for red, to the stored value. */
export function storedValue(monitor: Monitor, light: number, channel: number): number {
  return light ** (1 / monitor[PRIMARIES[channel]!].gamma);
}

function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function determinant(columns: readonly Triple[]): number {
  const [[a, b, c], [d, e, f], [g, h, i]] = columns as readonly [Triple, Triple, Triple];
  return a * (e * i - f * h) - d * (b * i - c * h) + g * (b * f - c * e);
}
