import { InputError } from '../../errors.js';
import type { Canvas } from '../stimuli.js';
import type { Colour } from './colour.js';
import {
  coneExcitations,
  coneMatrix,
  lightFor,
  lightOf,
  storedValue,
  type Triple,
} from './cones.js';
import type { Monitor } from './monitor.js';

/** How modulations of -1..1 become stored values of 0..1. */
export interface Shading {
  /** Computes the value of a channel, 0 for gray or red. It may be above 1 where a contrast is too large. */
  readonly value: (modulation: number, channel: number) => number;
  /** The background to which contrasts are relative: it decides which contrast is the largest. */
  readonly background: number;
  /** Its largest component, 1 or -1 in RGB: the channel, and the sign of the modulation there. */
  readonly strongest: { readonly channel: number; readonly sign: number };
}

/** A background on which the largest contrast is 1. */
const HALF = 0.5;
const NO_COLOUR = 'expected no colour, or a model whose card has 3 channels';

/**
 * Prepares the colour of a stimulus. On the gray axis and in RGB a value is `background * (1 + share * m)`. In DKL the light
 * of each primary is `background + m * delta`, where delta is the largest modulation along the direction that the monitor
 * can show both ways.
 *
 * The axes of DKL (Derrington, Krauskopf and Lennie 1984) are L - M and S, each at constant luminance, and luminance at
 * constant chromaticity. The unit of each is the largest modulation along it that the monitor can show both ways about this
 * background.
 * @param colour gray if undefined
 * @throws InputError for a colour on a gray canvas, for DKL without a monitor, and for a background that leaves no room
 */
export function createShading(colour: Colour | undefined, canvas: Canvas): Shading {
  const { background, channels, monitor } = canvas;
  if (colour === undefined) {
    const strongest = { channel: 0, sign: 1 };
    return { value: (m) => background * (1 + m), background, strongest };
  }
  if (channels === 1) throw new InputError(`colour on gray images; ${NO_COLOUR}`);
  if (colour.space === 'rgb') {
    const largest = Math.max(...colour.direction.map(Math.abs));
    const shares = colour.direction.map((share) => share / largest) as unknown as Triple;
    const value = (m: number, c: number) => background * (1 + shares[c]! * m);
    return { value, background, strongest: strongestOf(shares) };
  }
  if (monitor === undefined) {
    throw new InputError(
      'colour in dkl needs the primaries of the monitor, which are not known; expected {"space": "rgb", "direction": ' +
        '[r, g, b]}, or a model whose card has a monitor: chromaticities, luminances and gammas of its primaries, ' +
        'which ingest --monitor keeps',
    );
  }
  const about = lightOf(monitor, [background, background, background]);
  const delta = dklModulation(monitor, about, colour.azimuth, colour.elevation);
  if (!delta.every(Number.isFinite) || delta.every((share) => share === 0)) {
    throw new InputError(`no modulation in dkl is possible on a background of ${background}`);
  }
  return {
    value: (m, c) => {
      if (m === 0) return background;
      return storedValue(monitor, Math.min(1, Math.max(0, about[c]! + m * delta[c]!)), c);
    },
    background: HALF,
    strongest: strongestOf(delta),
  };
}

/** Computes the largest modulation of light about a background, along a direction in DKL and against it. */
function dklModulation(
  monitor: Monitor,
  about: Triple,
  azimuth: number,
  elevation: number,
): Triple {
  const matrix = coneMatrix(monitor);
  const opponent = inGamut(about, lightFor(matrix, [1, -1, 0]));
  const shortWave = inGamut(about, lightFor(matrix, [0, 0, 1]));
  const luminance = inGamut(about, lightFor(matrix, coneExcitations(matrix, about)));
  const [along, up] = [azimuth, elevation].map((degrees) => (degrees * Math.PI) / 180);
  const shares = [
    Math.cos(up!) * Math.cos(along!),
    Math.cos(up!) * Math.sin(along!),
    Math.sin(up!),
  ] as const;
  const sum = about.map((_, c) => {
    return shares[0] * opponent[c]! + shares[1] * shortWave[c]! + shares[2] * luminance[c]!;
  });
  return inGamut(about, sum as unknown as Triple);
}

/** Scales a modulation so that light stays within 0..1 both ways, and reaches an end. */
function inGamut(about: Triple, modulation: Triple): Triple {
  const room = about.map((light, c) => Math.min(light, 1 - light) / Math.abs(modulation[c]!));
  const scale = Math.min(...room);
  return modulation.map((share) => share * scale) as unknown as Triple;
}

function strongestOf(shares: Triple): Shading['strongest'] {
  const sizes = shares.map(Math.abs);
  const channel = sizes.indexOf(Math.max(...sizes));
  return { channel, sign: Math.sign(shares[channel]!) };
}
