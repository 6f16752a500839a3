import { fitGaussian, fitLogGaussian } from '../fits/frequency.js';
import { gaussian } from '../fits/functions.js';
import { frequencyIndices } from '../frequency-indices.js';
import { type Analysis, along, type Dimension } from './dimension.js';

export const spatialFrequency = {
  parameters: ['spatialFrequency', 'surroundSpatialFrequency'],
  label: 'Spatial frequency',
  axisLabel: 'Spatial frequency (cycles/pixel)',
  unit: 'cycles/pixel',
  scale: 'log',
  zeroIsBlank: false,
  fits: {
    logGaussian: {
      label: 'Gaussian in log frequency',
      response: ({ b, A, f0, sigma }) =>
        along(Math.log2, gaussian([b!, A!, Math.log2(f0!), sigma!])),
    },
    gaussian: {
      label: 'Gaussian',
      response: ({ b, A, f0, sigma }) => gaussian([b!, A!, f0!, sigma!]),
    },
  },
  drawnFits: ['logGaussian', 'gaussian'],
  indices: {
    preferredSpatialFrequency: { label: 'Preferred spatial frequency', unit: 'cycles/pixel' },
    spatialFrequencyBandwidth: { label: 'Bandwidth at half height', unit: 'octaves' },
    lowHighRatio: { label: 'Low / high frequency at 0.71 of the height', unit: '1' },
  },
} as const satisfies Dimension;

export const analyseSpatialFrequency: Analysis = function* ({ values, responses }) {
  const fits = {
    logGaussian: yield* fitLogGaussian(values, responses),
    gaussian: yield* fitGaussian(values, responses),
  };
  return { fits, indices: frequencyIndices(values, responses, fits) };
};
