import type { FittedDimension } from '../../tuning/fits/fitted.js';

/** A parameter of a grating along which neurons are measured. */
export interface Swept {
  readonly text: string;
  readonly title: string;
  /** Its name in a request. */
  readonly parameter: string;
  readonly stimulus: 'grating' | 'driftingGrating';
  readonly dimension: FittedDimension;
  /** Of the fits, those of which the better is drawn. */
  readonly drawn: readonly string[];
  readonly axis: string;
  /** As it is said of one response. */
  readonly unit: string;
  readonly scale: 'linear' | 'log';
  /** What is to be known of it. */
  readonly note?: string;
  /** After how many degrees it comes round again. */
  readonly period?: 180 | 360;
}

export const SWEPT = {
  orientation: {
    ...{ text: 'Orientation', title: 'Orientation tuning' },
    ...{ parameter: 'orientation', stimulus: 'grating', dimension: 'orientation' },
    drawn: ['vonMises'],
    ...{ axis: 'Orientation of the bars (degrees)', unit: '°', scale: 'linear', period: 180 },
  },
  direction: {
    ...{ text: 'Direction', title: 'Direction tuning' },
    ...{ parameter: 'direction', stimulus: 'driftingGrating', dimension: 'direction' },
    drawn: ['vonMises'],
    note: 'These networks see one image at a time: over whole cycles both directions of drift show the same images, and direction selectivity is 0 by construction.',
    ...{ axis: 'Direction of drift (degrees)', unit: '°', scale: 'linear', period: 360 },
  },
  spatialFrequency: {
    ...{ text: 'Spatial frequency', title: 'Spatial frequency tuning' },
    ...{ parameter: 'spatialFrequency', stimulus: 'grating', dimension: 'spatialFrequency' },
    drawn: ['logGaussian', 'gaussian'],
    note: 'The drawn fit is the better of a Gaussian in frequency and one in log frequency.',
    ...{ axis: 'Spatial frequency (cycles/pixel)', unit: ' cycles/pixel', scale: 'log' },
  },
  diameter: {
    ...{ text: 'Size', title: 'Size tuning' },
    ...{ parameter: 'diameter', stimulus: 'grating', dimension: 'size' },
    drawn: ['differenceOfGaussians'],
    note: 'The blank enters the fit as diameter 0.',
    ...{ axis: 'Diameter of the grating (pixels)', unit: ' pixels', scale: 'log' },
  },
  contrast: {
    ...{ text: 'Contrast', title: 'Contrast response' },
    ...{ parameter: 'contrast', stimulus: 'grating', dimension: 'contrast' },
    drawn: ['nakaRushton'],
    note: 'The blank enters the fit as contrast 0; the drawn fit is the Naka-Rushton function.',
    ...{ axis: 'Michelson contrast', unit: '', scale: 'log' },
  },
} as const satisfies Readonly<Record<string, Swept>>;
export type SweptName = keyof typeof SWEPT;

/** All that is measured here, by its name in the address. */
export const TUNINGS = [
  ...Object.entries(SWEPT).map(([name, { text }]) => [name as SweptName, text] as const),
  ['position', 'Position map'],
  ['rank', 'Rank'],
] as const;
export type TuningName = SweptName | 'position' | 'rank';
