import { fitSize, sizeResponse } from '../fits/size.js';
import { sizeIndices } from '../size-indices.js';
import type { Analysis, Dimension } from './dimension.js';

/** Kinds of stimuli that vanish where their diameter or length is 0. */
const VANISHING_KINDS = ['grating', 'driftingGrating', 'disc', 'plaid', 'bar'];

export const size = {
  parameters: ['diameter', 'length'],
  measures: ({ kind, fields }) =>
    VANISHING_KINDS.includes(kind) && (fields['innerDiameter'] ?? 0) === 0,
  label: 'Size',
  axisLabel: 'Diameter of the grating (pixels)',
  unit: 'pixels',
  scale: 'log',
  zeroIsBlank: true,
  fits: {
    differenceOfGaussians: {
      label: 'Centre less surround, both Gaussian',
      response: sizeResponse,
    },
  },
  drawnFits: ['differenceOfGaussians'],
  indices: {
    SSI: { label: 'Surround suppression (SSI), of the curve', unit: '1' },
    SSIAboveBlank: { label: 'Surround suppression above the blank, of the curve', unit: '1' },
    summationField: { label: 'Summation field, of the curve', unit: 'pixels' },
    surroundDiameter: { label: 'Surround diameter, of the curve', unit: 'pixels' },
    SSIFit: { label: 'Surround suppression (SSI), of the fit', unit: '1' },
    summationFieldFit: { label: 'Summation field, of the fit', unit: 'pixels' },
    surroundDiameterFit: { label: 'Surround diameter, of the fit', unit: 'pixels' },
  },
} as const satisfies Dimension;

export const analyseSize: Analysis = function* ({ values, responses, blank }) {
  const differenceOfGaussians = yield* fitSize([0, ...values], [blank, ...responses]);
  return {
    fits: { differenceOfGaussians },
    indices: sizeIndices(values, responses, blank, differenceOfGaussians),
  };
};
