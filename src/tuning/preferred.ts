import type { NeuronTuning } from './parametric.js';
import type { ReceptiveField } from './receptive-field.js';
import type { Index } from './schemas.js';

/** Where on the image a neuron is asked, in pixels from its centre, and how far its field reaches. */
export interface Field {
  readonly x: number;
  readonly y: number;
  readonly diameter: number;
}

/** A grating that a neuron prefers, around the centre of its field. */
export interface PreferredGrating {
  readonly orientation: number;
  readonly spatialFrequency: number;
}

/** What of a preferred stimulus may be no fit's but the largest response's, or no neuron's. */
export const FALLBACKS = ['centre', 'field', 'orientation', 'spatialFrequency'] as const;
export type Fallback = (typeof FALLBACKS)[number];

/**
 * Where a neuron is asked: the centre and diameter of the Gaussian on its map; where there is none, the
 * place of its largest response, and the middle of the image where all are alike.
 * @param instead the diameter where the map gives none, pixels
 */
export function fieldOf(
  { indices, peak, map }: ReceptiveField,
  instead: number,
): { readonly field: Field; readonly fallbacks: Fallback[] } {
  const [x, y, diameter] = ['centreX', 'centreY', 'diameter'].map((name) =>
    numberIn(indices[name]),
  );
  const alike = map.flat().every((response) => response === peak.response);
  const found = x !== undefined && y !== undefined;
  const centre = found ? { x, y } : { x: alike ? 0 : peak.x, y: alike ? 0 : peak.y };
  return {
    field: { ...centre, diameter: diameter ?? instead },
    fallbacks: [
      ...(found ? [] : ['centre' as const]),
      ...(diameter === undefined ? ['field' as const] : []),
    ],
  };
}

/**
 * The grating that a neuron prefers: by the fits on the curves through the largest response; without one,
 * by the vector average, and where there is none either, as the largest response has it.
 */
export function preferredGrating({ along, peak }: NeuronTuning): {
  readonly preferred: PreferredGrating;
  readonly fallbacks: Fallback[];
} {
  const { orientation: turned, spatialFrequency: waved } = along ?? {};
  const orientation = numberIn(turned?.indices['preferredOrientationFit']);
  const spatialFrequency = numberIn(waved?.indices['preferredSpatialFrequency']);
  const average = numberIn(turned?.indices['preferredOrientation']);
  return {
    preferred: {
      orientation: orientation ?? average ?? peak.at['orientation']!,
      spatialFrequency: spatialFrequency ?? peak.at['spatialFrequency']!,
    },
    fallbacks: [
      ...(orientation === undefined ? ['orientation' as const] : []),
      ...(spatialFrequency === undefined ? ['spatialFrequency' as const] : []),
    ],
  };
}

function numberIn(index: Index | undefined): number | undefined {
  return index?.value ?? undefined;
}
