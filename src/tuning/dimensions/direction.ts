import { directionIndices, foldDirections } from '../direction-indices.js';
import { directionBumps } from '../fits/functions.js';
import { fitDirection } from '../fits/von-mises.js';
import { type Analysis, along, type Dimension, radians } from './dimension.js';
import { orientationIndices } from './orientation.js';

export const direction = {
  parameters: ['direction'],
  label: 'Direction',
  axisLabel: 'Direction of drift (degrees)',
  unit: 'degrees',
  scale: 'linear',
  period: 360,
  zeroIsBlank: false,
  fits: {
    vonMises: {
      label: 'von Mises',
      response: ({ b, A, kappa, mu, phi }) =>
        along(radians, directionBumps([b!, A!, kappa!, radians(mu!), phi!])),
    },
  },
  drawnFits: ['vonMises'],
  indices: {
    gDSI: { label: 'Direction selectivity, vector sum (gDSI)', unit: '1' },
    preferredDirection: { label: 'Preferred direction', unit: 'degrees', period: 360 },
    preferredDirectionFit: {
      label: 'Preferred direction, of the fit',
      unit: 'degrees',
      period: 360,
    },
    DSI: { label: 'Direction selectivity of two points (DSI)', unit: '1' },
  },
} as const satisfies Dimension;

export const analyseDirection: Analysis = function* ({ values, responses }) {
  const vonMises = yield* fitDirection(values, responses);
  const { orientations, curve } = foldDirections(values, responses);
  return {
    fits: { vonMises },
    indices: {
      ...directionIndices(values, responses, vonMises),
      ...orientationIndices(orientations, curve),
    },
  };
};
