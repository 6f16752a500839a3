import { analyseAspectRatio, aspectRatio } from './aspect-ratio.js';
import { analyseContrast, contrast } from './contrast.js';
import type { Analysis, Dimension } from './dimension.js';
import { analyseDirection, direction } from './direction.js';
import { analyseOrientation, orientation } from './orientation.js';
import { analysePhase, phase } from './phase.js';
import { analyseSize, size } from './size.js';
import { analyseSpatialFrequency, spatialFrequency } from './spatial-frequency.js';

/** What a swept parameter can be to a neuron. */
export const DIMENSIONS = {
  orientation,
  direction,
  phase,
  spatialFrequency,
  size,
  contrast,
  aspectRatio,
};

/** A parameter that is none of these has a curve and a peak alone. */
export type DimensionName = keyof typeof DIMENSIONS | 'other';

/** Apart from the above, so that the page, which measures nothing, does not load the fitting. */
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

/** The dimension of that name; undefined for `other`. */
export function dimensionNamed(name: DimensionName): Dimension | undefined {
  return name === 'other' ? undefined : DIMENSIONS[name];
}

/**
 * The curve that was fitted.
 * @param name of the fit, as a result has it
 * @param parameters of the fit, as a result has them
 * @returns of a value of what was swept, in its unit, the response
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
