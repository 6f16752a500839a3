import { contrastIndices } from '../contrast-indices.js';
import { fitNakaRushton, fitSupersaturating } from '../fits/contrast.js';
import { nakaRushton, supersaturating } from '../fits/functions.js';
import { type Analysis, along, type Dimension } from './dimension.js';

export const contrast = {
  parameters: ['contrast'],
  // A surround of a fixed contrast is there at contrast 0 too, which is then not the blank.
  measures: ({ kind, fields, values }) =>
    (kind !== 'centreSurround' || fields['surroundContrast'] === undefined) &&
    values.every((value) => value >= 0),
  label: 'Contrast',
  axisLabel: 'Michelson contrast',
  unit: '1',
  scale: 'log',
  zeroIsBlank: true,
  fits: {
    nakaRushton: {
      label: 'Naka-Rushton',
      response: ({ b, Rmax, c50, n }) =>
        along(Math.log, nakaRushton([b!, Rmax!, Math.log(c50!), n!])),
    },
    supersaturating: {
      label: 'Supersaturating form',
      response: ({ b, A, c50, n, s }) =>
        along(Math.log, supersaturating([b!, A!, Math.log(c50!), n!, s!])),
    },
  },
  drawnFits: ['nakaRushton'],
  indices: {
    c50: { label: 'Semi-saturation contrast (c50)', unit: '1' },
    Rmax: { label: 'Largest response above b (Rmax)', unit: 'response' },
    exponent: { label: 'Exponent n', unit: '1' },
    supersaturation: { label: 'Supersaturation s (1: none)', unit: '1' },
  },
} as const satisfies Dimension;

export const analyseContrast: Analysis = function* ({ values, responses, blank }) {
  const contrasts = [0, ...values];
  const all = [blank, ...responses];
  const fits = {
    nakaRushton: yield* fitNakaRushton(contrasts, all),
    supersaturating: yield* fitSupersaturating(contrasts, all),
  };
  return { fits, indices: contrastIndices(values, fits) };
};
