import { analyseAspectRatio, aspectRatio } from './aspect-ratio.js';
import { analyseContrast, contrast } from './contrast.js';
import type { Analysis, Dimension, IndexLabel } from './dimension.js';
import { analyseDirection, direction } from './direction.js';
import { analyseOrientation, orientation } from './orientation.js';
import { analysePhase, phase } from './phase.js';
import { analyseSize, size } from './size.js';
import { analyseSpatialFrequency, spatialFrequency } from './spatial-frequency.js';

/** The dimensions of tuning. */
export const DIMENSIONS = {
  orientation,
  direction,
  phase,
  spatialFrequency,
  size,
  contrast,
  aspectRatio,
};

/** The labels of the indices of all dimensions. */
export const INDEX_LABELS: Readonly<Record<string, IndexLabel>> = Object.assign(
  {},
  ...Object.values(DIMENSIONS).map(({ indices }) => indices),
);

/** The name of a dimension; a parameter of none of them has only a curve and a peak. */
export type DimensionName = keyof typeof DIMENSIONS | 'other';

/** The analyses are separate from the dimensions, so that the page does not load the fits. */
export const ANALYSES: { readonly [Name in DimensionName]: Analysis } = {
  orientation: analyseOrientation,
  direction: analyseDirection,
  phase: analysePhase,
  spatialFrequency: analyseSpatialFrequency,
  size: analyseSize,
  contrast: analyseContrast,
  aspectRatio: analyseAspectRatio,
  *other() {
    yield;
    return { fits: {}, indices: {} };
  },
};

/** Returns the dimension of a name; undefined for `other`. */
export function dimensionNamed(name: DimensionName): Dimension | undefined {
  return name === 'other' ? undefined : DIMENSIONS[name];
}

/**
 * Returns the function that a fit found.
 * @param name the name of the fit in a result
 * @param parameters the parameters of the fit in a result
 * @returns the function from a value of the swept parameter, in its unit, to the response
 */
export function fittedResponse(
  dimension: keyof typeof DIMENSIONS,
  name: string,
  parameters: Readonly<Record<string, number>>,
): (value: number) => number {
  const { fits }: Dimension = DIMENSIONS[dimension];
  const fit = fits[name];
  if (fit === undefined) throw new Error(`no fit of ${dimension} is called ${name}`);
  return fit.response(parameters);
}
