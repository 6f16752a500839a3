import { mixColours } from './colour.js';
import { createQuadraturePair, type QuadratureResponse, quadratureResponse } from './gabor.js';
import { BACKGROUND, IMAGE_PIXELS } from './images.js';
import type { Nonlinearity, ReceptiveField } from './truth.js';

/** What a receptive field and its surround see in one image; 1 for a full-contrast grating. */
export interface Excitation {
  /** Of the receptive field; what excites. */
  readonly drive: number;
  /** Oriented energy amplitude within the receptive field, whatever the phase. */
  readonly local: number;
  /** Root mean square of the same amplitude around the receptive field. */
  readonly surround: number;
}

const SURROUND_FIELDS = 6;

/**
 * The linear front end of a neuron.
 * @returns a function of an image: gray or colour minus the background, 50x50 or 50x50x3, row-major, y down
 */
export function createFrontEnd(field: ReceptiveField): (image: Float32Array) => Excitation {
  const centre = createQuadraturePair(field, field.x, field.y);
  const surround = Array.from({ length: SURROUND_FIELDS }, (_, i) => {
    const direction = (field.orientation * Math.PI) / 180 + (2 * Math.PI * i) / SURROUND_FIELDS;
    return createQuadraturePair(
      field,
      field.x + field.surroundDistance * Math.cos(direction),
      field.y + field.surroundDistance * Math.sin(direction),
    );
  });
  const cos = Math.cos((field.phase * Math.PI) / 180);
  const sin = Math.sin((field.phase * Math.PI) / 180);
  const { colour } = field;
  const mixed = new Float32Array(IMAGE_PIXELS);
  return (whole) => {
    if (colour) mixColours(whole, colour, mixed);
    const image = colour ? mixed : whole;
    const response = quadratureResponse(centre, image);
    const linear = response.even * cos - response.odd * sin;
    const local = Math.sqrt(energy(response));
    let around = 0;
    for (const pair of surround) around += energy(quadratureResponse(pair, image));
    return {
      drive: (1 - field.complexity) * Math.max(0, linear) + field.complexity * local,
      local,
      surround: Math.sqrt(around / SURROUND_FIELDS),
    };
  };
}

/**
 * Divisive normalisation by the receptive field's own and the surround's energy (Heeger 1992;
 * Cavanaugh 2002), dF/F above baseline; n the exponent, s the semisaturation:
 * gain * drive^n / (s^n + localWeight * local^n + surroundWeight * s^(n-1) * surround).
 * The surround counts to the first power so that it suppresses at the low contrasts of natural
 * scenes without silencing the neuron at the full contrast of a grating.
 */
export function normalise(excitation: Excitation, nonlinearity: Nonlinearity): number {
  const { exponent, semisaturation, localWeight, surroundWeight, gain } = nonlinearity;
  const pool =
    semisaturation ** exponent +
    localWeight * excitation.local ** exponent +
    surroundWeight * semisaturation ** (exponent - 1) * excitation.surround;
  return (gain * excitation.drive ** exponent) / pool;
}

/**
 * A neuron without noise.
 * @returns a function from an image (50x50, or 50x50x3 of a neuron that sees colour; row-major, y down, 0 black to 1
 * white) to the response in dF/F
 */
export function createNeuron(
  truth: ReceptiveField & Nonlinearity,
): (pixels: Float32Array) => number {
  const frontEnd = createFrontEnd(truth);
  return (pixels) => {
    const image = pixels.map((value) => value - BACKGROUND);
    return truth.baseline + normalise(frontEnd(image), truth);
  };
}

function energy({ even, odd }: QuadratureResponse): number {
  return even * even + odd * odd;
}
