import type { Dimension } from '../../tuning/dimensions/dimension.js';
import { DIMENSIONS } from '../../tuning/dimensions/dimensions.js';
import { shortUnit } from './words.js';

/** A parameter of a grating along which neurons are measured. */
export interface Swept extends Pick<Dimension, 'scale' | 'period'> {
  readonly text: string;
  readonly title: string;
  /** Its name in a request. */
  readonly parameter: string;
  readonly stimulus: 'grating' | 'driftingGrating';
  readonly dimension: keyof typeof DIMENSIONS;
  /** Of the fits, those of which the better is drawn. */
  readonly drawn: readonly string[];
  readonly axis: string;
  /** As it is said of one response. */
  readonly unit: string;
  /** What is to be known of it. */
  readonly note?: string;
}

export const SWEPT = {
  orientation: sweptOf('orientation', { title: 'Orientation tuning' }),
  direction: sweptOf('direction', {
    title: 'Direction tuning',
    stimulus: 'driftingGrating',
    note: 'These networks see one image at a time: over whole cycles both directions of drift show the same images, and direction selectivity is 0 by construction.',
  }),
  spatialFrequency: sweptOf('spatialFrequency', {
    title: 'Spatial frequency tuning',
    note: 'The drawn fit is the better of a Gaussian in frequency and one in log frequency.',
  }),
  diameter: sweptOf('size', {
    title: 'Size tuning',
    parameter: 'diameter',
    note: 'The blank enters the fit as diameter 0.',
  }),
  contrast: sweptOf('contrast', {
    title: 'Contrast response',
    note: 'The blank enters the fit as contrast 0; the drawn fit is the Naka-Rushton function.',
  }),
};
export type SweptName = keyof typeof SWEPT;

/** @param more what differs from a grating whose parameter has the name of the dimension */
function sweptOf(
  dimension: keyof typeof DIMENSIONS,
  more: Pick<Swept, 'title'> & Partial<Swept>,
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
    ...more,
  };
}

/** All that is measured here, by its name in the address. */
export const TUNINGS = [
  ...Object.entries(SWEPT).map(([name, { text }]) => [name as SweptName, text] as const),
  ['position', 'Position map'],
  ['rank', 'Rank'],
] as const;
export type TuningName = SweptName | 'position' | 'rank';
