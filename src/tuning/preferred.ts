import type { NeuronTuning } from './parametric.js';
import type { ReceptiveField } from './receptive-field.js';
import type { Index } from './schemas.js';

/** The centre of a neuron's receptive field, in pixels from the image centre, and its diameter. */
export interface Field {
  readonly x: number;
  readonly y: number;
  readonly diameter: number;
}

/** The grating that a neuron prefers, around the centre of its field. */
export interface PreferredGrating {
  readonly orientation: number;
  readonly spatialFrequency: number;
}

/** Parts of a preferred stimulus that may lack a fit; they then come from the largest response or from a default. */
export const FALLBACKS = ['centre', 'field', 'orientation', 'spatialFrequency'] as const;
export type Fallback = (typeof FALLBACKS)[number];

/**
 * Finds the receptive field of a neuron: the centre and diameter of the Gaussian on its map. Without
 * such a fit, the centre is the place of the largest response, or the image centre if all responses are
 * equal.
 * @param defaultDiameter the diameter where the map gives none, in pixels
 */
export function locateField(
  { indices, peak, map }: ReceptiveField,
  defaultDiameter: number,
): { readonly field: Field; readonly fallbacks: Fallback[] } {
  const [x, y, diameter] = ['centreX', 'centreY', 'diameter'].map((name) =>
    numberIn(indices[name]),
  );
  const isUniform = map.flat().every((response) => response === peak.response);
  const found = x !== undefined && y !== undefined;
  const centre = found ? { x, y } : { x: isUniform ? 0 : peak.x, y: isUniform ? 0 : peak.y };
  return {
    field: { ...centre, diameter: diameter ?? defaultDiameter },
    fallbacks: [
      ...(found ? [] : ['centre' as const]),
      ...(diameter === undefined ? ['field' as const] : []),
    ],
  };
}

/**
 * Finds the grating that a neuron prefers, from the fits to the curves through the largest response.
 * Without a fit, the vector average gives the orientation; otherwise the largest response decides.
 */
export function preferredGrating({ along, peak }: NeuronTuning): {
  readonly preferred: PreferredGrating;
  readonly fallbacks: Fallback[];
} {
  const { orientation: orientationCurve, spatialFrequency: frequencyCurve } = along ?? {};
  const orientation = numberIn(orientationCurve?.indices['preferredOrientationFit']);
  const spatialFrequency = numberIn(frequencyCurve?.indices['preferredSpatialFrequency']);
  const average = numberIn(orientationCurve?.indices['preferredOrientation']);
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
