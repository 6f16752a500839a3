import { largestContrast } from './parametric/paint.js';
import type { Canvas } from './stimuli.js';

/** Two pixels are a cycle at 0.5, where what is seen depends on the phase alone. */
const HIGHEST_FREQUENCY = 0.4;
/** Largest over smallest diameter. */
const DIAMETERS_SPAN = 25;

/** The same dimension under another name. */
const SAME: Readonly<Record<string, string>> = {
  surroundOrientation: 'orientation',
  surroundPhase: 'phase',
  surroundSpatialFrequency: 'spatialFrequency',
  surroundContrast: 'contrast',
};

/**
 * The values of a parameter when none are named, lengths in pixels: 12 orientations, 24
 * directions, 8 phases, 22 spatial frequencies log2-spaced, 12 diameters log2-spaced up to the image's
 * shorter side, 9 contrasts in half octaves up to the largest, 21 positions on either axis.
 * @returns undefined for parameters that have no default
 */
export function defaultValues(parameter: string, canvas: Canvas): readonly number[] | undefined {
  const side = Math.min(canvas.height, canvas.width);
  const middle = (count: number, i: number) => i - (count - 1) / 2;
  switch (SAME[parameter] ?? parameter) {
    case 'orientation':
      return spaced(12, (i) => 15 * i);
    case 'direction':
      return spaced(24, (i) => 15 * i);
    case 'phase':
      return spaced(8, (i) => 45 * i);
    case 'spatialFrequency':
      return logSpaced(22, Math.min(HIGHEST_FREQUENCY / 4, 1 / side), HIGHEST_FREQUENCY);
    case 'diameter':
      return logSpaced(12, side / DIAMETERS_SPAN, side);
    case 'innerDiameter':
      return spaced(8, (i) => (2 * i * side) / 50);
    case 'contrast':
      return logSpaced(9, largestContrast(canvas) / 16, largestContrast(canvas));
    case 'x':
      return spaced(21, (i) => (middle(21, i) * canvas.width) / 21);
    case 'y':
      return spaced(21, (i) => (middle(21, i) * canvas.height) / 21);
    default:
      return undefined;
  }
}

function spaced(count: number, value: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => short(value(i)));
}

function logSpaced(count: number, low: number, high: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    // rounding must not go beyond the largest contrast there is
    return i === count - 1 ? high : short(low * (high / low) ** (i / (count - 1)));
  });
}

/** Rounded to readable digits. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
