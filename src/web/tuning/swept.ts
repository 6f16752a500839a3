import type { Dimension } from '../../tuning/dimensions/dimension.js';
import { DIMENSIONS } from '../../tuning/dimensions/dimensions.js';
import { shortUnit } from './labels.js';

/** A swept parameter of a grating. */
export interface Swept extends Pick<Dimension, 'scale' | 'period'> {
  readonly text: string;
  readonly title: string;
  /** The parameter's name in a request. */
  readonly parameter: string;
  readonly stimulus: 'grating' | 'driftingGrating';
  readonly dimension: keyof typeof DIMENSIONS;
  /** Names of the fits; the plot shows the better one. */
  readonly drawn: readonly string[];
  readonly axis: string;
  /** Unit of a value in a label. */
  readonly unit: string;
  /** A note in the caption. */
  readonly note?: string;
}

export const SWEPT = {
  orientation: sweepDimension('orientation', { title: 'Orientation tuning' }),
  direction: sweepDimension('direction', {
    title: 'Direction tuning',
    stimulus: 'driftingGrating',
    note: 'These networks see one image at a time: over whole cycles both directions of drift show the same images, and direction selectivity is 0 by construction.',
  }),
  spatialFrequency: sweepDimension('spatialFrequency', {
    title: 'Spatial frequency tuning',
    note: 'The drawn fit is the better of a Gaussian in frequency and one in log frequency.',
  }),
  diameter: sweepDimension('size', {
    title: 'Size tuning',
    parameter: 'diameter',
    note: 'The blank enters the fit as diameter 0.',
  }),
  contrast: sweepDimension('contrast', {
    title: 'Contrast response',
    note: 'The blank enters the fit as contrast 0; the drawn fit is the Naka-Rushton function.',
  }),
};
export type SweptName = keyof typeof SWEPT;

/** @param changes fields that differ from the defaults of the dimension */
function sweepDimension(
  dimension: keyof typeof DIMENSIONS,
  changes: Pick<Swept, 'title'> & Partial<Swept>,
): Swept {
  const { label, axisLabel, unit, scale, period, drawnFits }: Dimension = DIMENSIONS[dimension];
  const written = shortUnit(unit);
  return {
    text: label,
    parameter: dimension,
    stimulus: 'grating',
    dimension,
    drawn: drawnFits,
    axis: axisLabel,
    unit: written.length > 1 ? ` ${written}` : written,
    scale,
    ...(period === undefined ? {} : { period }),
    ...changes,
  };
}

/** All tuning measurements, by their names in the address. */
export const TUNINGS = [
  ...Object.entries(SWEPT).map(([name, { text }]) => [name as SweptName, text] as const),
  ['position', 'Position map'],
  ['rank', 'Rank'],
] as const;
export type TuningName = SweptName | 'position' | 'rank';
