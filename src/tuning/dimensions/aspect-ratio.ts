import { distanceToFall, fitLogGaussian } from '../fits/frequency.js';
import { gaussian } from '../fits/functions.js';
import { fitIndex, type Undefined } from '../indices.js';
import { type Analysis, along, type Dimension } from './dimension.js';

export const aspectRatio = {
  parameters: ['aspectRatio'],
  label: 'Aspect ratio',
  axisLabel: 'Aspect ratio of the Gabor (across / along the bars)',
  unit: '1',
  scale: 'log',
  zeroIsBlank: false,
  fits: {
    logGaussian: {
      label: 'Gaussian in log ratio',
      response: ({ b, A, f0, sigma }) =>
        along(Math.log2, gaussian([b!, A!, Math.log2(f0!), sigma!])),
    },
  },
  drawnFits: ['logGaussian'],
  indices: {
    preferredAspectRatio: { label: 'Preferred aspect ratio', unit: '1' },
    aspectRatioBandwidth: { label: 'Bandwidth at half height', unit: 'octaves' },
  },
} as const satisfies Dimension;

export const analyseAspectRatio: Analysis = function* ({ values, responses }) {
  const logGaussian = yield* fitLogGaussian(values, responses);
  const [lowest, highest] = [values[0]!, values.at(-1)!];
  const peak = responses.indexOf(Math.max(...responses));
  /** Defines an index where the peak is inside the values presented. */
  const inside = (f0: number, value: () => number | Undefined): number | Undefined => {
    if (peak === 0) return { reason: 'the peak is at the smallest ratio presented' };
    if (peak === responses.length - 1) {
      return { reason: 'the peak is at the largest ratio presented' };
    }
    if (lowest <= f0 && f0 <= highest) return value();
    return { reason: 'the peak of the fit is beyond the ratios presented' };
  };
  const indices = {
    preferredAspectRatio: fitIndex('f0 of the fit', logGaussian, ({ f0 }) =>
      inside(f0!, () => f0!),
    ),
    aspectRatioBandwidth: fitIndex(
      'log2(high / low) at half height above b of the fit, in octaves',
      logGaussian,
      ({ f0, sigma }) =>
        inside(f0!, () => {
          const octaves = distanceToFall(sigma!, 0.5);
          const [low, high] = [f0! * 2 ** -octaves, f0! * 2 ** octaves];
          if (lowest <= low && high <= highest) return 2 * octaves;
          return { reason: 'the fit falls to half height only beyond the ratios presented' };
        }),
    ),
  };
  return { fits: { logGaussian }, indices };
};
