import { orientationBump } from '../fits/functions.js';
import { fitOrientation } from '../fits/von-mises.js';
import {
  bandwidth,
  gOSI,
  OSI,
  orientationFitIndices,
  orthogonalToPreferred,
  preferredOrientation,
} from '../orientation-indices.js';
import { type Analysis, along, type Dimension, type Indices, radians } from './dimension.js';

export const orientation = {
  parameters: ['orientation', 'surroundOrientation'],
  label: 'Orientation',
  axisLabel: 'Orientation of the bars (degrees)',
  unit: 'degrees',
  scale: 'linear',
  period: 180,
  zeroIsBlank: false,
  fits: {
    vonMises: {
      label: 'von Mises',
      response: ({ b, A, kappa, mu }) =>
        along(radians, orientationBump([b!, A!, kappa!, radians(mu!)])),
    },
  },
  drawnFits: ['vonMises'],
  indices: {
    gOSI: { label: 'Orientation selectivity, 1 − circular variance (gOSI)', unit: '1' },
    preferredOrientation: {
      label: 'Preferred orientation, vector average',
      unit: 'degrees',
      period: 180,
    },
    preferredOrientationFit: {
      label: 'Preferred orientation, of the fit',
      unit: 'degrees',
      period: 180,
    },
    OSI: { label: 'Orientation selectivity of two points (OSI)', unit: '1' },
    orthogonalToPreferred: { label: 'Orthogonal / preferred', unit: '1' },
    bandwidth: { label: 'Bandwidth, half width at 0.71 of the peak', unit: 'degrees' },
    halfWidthAtHalfHeight: { label: 'Half width at half height, of the fit', unit: 'degrees' },
  },
} as const satisfies Dimension;

export const analyseOrientation: Analysis = function* ({ values, responses }) {
  const vonMises = yield* fitOrientation(values, responses);
  const indices = {
    ...orientationIndices(values, responses),
    ...orientationFitIndices(vonMises),
  };
  return { fits: { vonMises }, indices };
};

/** Derives the indices that need no fit. */
export function orientationIndices(
  orientations: readonly number[],
  curve: readonly number[],
): Indices {
  return {
    gOSI: gOSI(orientations, curve),
    preferredOrientation: preferredOrientation(orientations, curve),
    OSI: OSI(orientations, curve),
    orthogonalToPreferred: orthogonalToPreferred(orientations, curve),
    bandwidth: bandwidth(orientations, curve),
  };
}
