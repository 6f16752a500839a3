import { isUniform } from './angles.js';
import { contrastIndices } from './contrast-indices.js';
import { directionIndices, foldDirections } from './direction-indices.js';
import { fitNakaRushton, fitSupersaturating } from './fits/contrast.js';
import { fitGaussian, fitLogGaussian } from './fits/frequency.js';
import type { Steps } from './fits/least-squares.js';
import { fitSize } from './fits/size.js';
import { fitDirection, fitOrientation } from './fits/von-mises.js';
import { frequencyIndices } from './frequency-indices.js';
import { F1F0 } from './indices.js';
import {
  bandwidth,
  gOSI,
  OSI,
  orientationFitIndices,
  orthogonalToPreferred,
  preferredOrientation,
} from './orientation-indices.js';
import type { CurveTuning, Index } from './schemas.js';
import { sizeIndices } from './size-indices.js';

/** What a swept parameter is, whatever its name; `other` has a curve and a peak alone. */
export type Dimension =
  | 'orientation'
  | 'direction'
  | 'phase'
  | 'spatialFrequency'
  | 'size'
  | 'contrast'
  | 'other';

/** Responses along one parameter. */
export interface Curve {
  readonly dimension: Dimension;
  readonly values: readonly number[];
  /** One response per value, in their order. */
  readonly responses: readonly number[];
  /** The response to the blank image, which is what size 0 and contrast 0 show. */
  readonly blank: number;
}

type Analysis = (curve: Curve) => Steps<CurveTuning>;

const ANALYSES: { readonly [D in Dimension]: Analysis } = {
  *orientation({ values, responses }) {
    const vonMises = yield* fitOrientation(values, responses);
    const indices = {
      ...orientationIndices(values, responses),
      ...orientationFitIndices(vonMises),
    };
    return { fits: { vonMises }, indices };
  },
  *direction({ values, responses }) {
    const vonMises = yield* fitDirection(values, responses);
    const { orientations, curve } = foldDirections(values, responses);
    return {
      fits: { vonMises },
      indices: {
        ...directionIndices(values, responses, vonMises),
        ...orientationIndices(orientations, curve),
      },
    };
  },
  *phase({ values, responses, blank }) {
    yield;
    return { fits: {}, indices: isUniform(values, 360) ? { F1F0: F1F0(responses, blank) } : {} };
  },
  *spatialFrequency({ values, responses }) {
    const fits = {
      logGaussian: yield* fitLogGaussian(values, responses),
      gaussian: yield* fitGaussian(values, responses),
    };
    return { fits, indices: frequencyIndices(values, responses, fits) };
  },
  *size({ values, responses, blank }) {
    const differenceOfGaussians = yield* fitSize([0, ...values], [blank, ...responses]);
    return {
      fits: { differenceOfGaussians },
      indices: sizeIndices(values, responses, blank, differenceOfGaussians),
    };
  },
  *contrast({ values, responses, blank }) {
    const [contrasts, all] = [
      [0, ...values],
      [blank, ...responses],
    ];
    const nakaRushton = yield* fitNakaRushton(contrasts, all);
    const supersaturating = yield* fitSupersaturating(contrasts, all);
    const fits = { nakaRushton, supersaturating };
    return { fits, indices: contrastIndices(values, fits) };
  },
  *other() {
    yield;
    return { fits: {}, indices: {} };
  },
};

/** Fits and indices of one neuron's responses along one parameter. */
export function* tuneCurve(curve: Curve): Steps<CurveTuning> {
  const pairs = curve.values
    .map((value, i) => ({ value, response: curve.responses[i]! }))
    // the blank stands for 0 already
    .filter(({ value }) => value !== 0 || !fromBlank(curve.dimension))
    .sort((a, b) => a.value - b.value);
  return yield* ANALYSES[curve.dimension]({
    ...curve,
    values: pairs.map(({ value }) => value),
    responses: pairs.map(({ response }) => response),
  });
}

function fromBlank(dimension: Dimension): boolean {
  return dimension === 'size' || dimension === 'contrast';
}

function orientationIndices(
  orientations: readonly number[],
  curve: readonly number[],
): Record<string, Index> {
  return {
    gOSI: gOSI(orientations, curve),
    preferredOrientation: preferredOrientation(orientations, curve),
    OSI: OSI(orientations, curve),
    orthogonalToPreferred: orthogonalToPreferred(orientations, curve),
    bandwidth: bandwidth(orientations, curve),
  };
}
