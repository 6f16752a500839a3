import * as Plot from '@observablehq/plot';
import { points, rankAxis, smoothed } from './curve.js';
import { draw, FAINT, REAL } from './figure.js';

/** A predicted curve and the colour of its model. */
export interface PredictedCurve {
  /** [images], in the order of the real responses */
  readonly values: Float64Array;
  readonly colour: string;
}

export interface CurvesOptions {
  readonly ariaLabel: string;
  /** [images], descending */
  readonly real: Float64Array;
  readonly predicted: readonly PredictedCurve[];
  /** Of the peak, in images. */
  readonly k: number;
  readonly unit: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Real and predicted responses by the rank of the real one. The predicted ones as they are, thin,
 * and their mean over windows of ranks; the peak shaded, theta dashed.
 */
export function drawTuningCurves(options: CurvesOptions): string {
  const { ariaLabel, real, predicted, k, unit, width, height } = options;
  const line = { x: 'rank', y: 'value' } as const;
  return draw({
    ariaLabel,
    width,
    height,
    marginLeft: 44,
    marginBottom: 34,
    marginTop: 22,
    x: rankAxis(real.length, 'rank of image by real response'),
    y: { label: `response (${unit})`, nice: true, ticks: 5 },
    marks: [
      Plot.rectX([{ from: 1, to: k }], { x1: 'from', x2: 'to', fill: FAINT, fillOpacity: 0.25 }),
      Plot.ruleY([0], { stroke: FAINT }),
      Plot.ruleY([real[k - 1]!], { stroke: REAL, strokeDasharray: '3,3', strokeOpacity: 0.6 }),
      ...predicted.map(({ values, colour }) =>
        Plot.line(points(values), {
          ...line,
          stroke: colour,
          strokeWidth: 0.6,
          strokeOpacity: 0.35,
        }),
      ),
      Plot.line(points(real), { ...line, stroke: REAL, strokeWidth: 1.8 }),
      ...predicted.map(({ values, colour }) =>
        Plot.line(smoothed(values), { ...line, stroke: colour, strokeWidth: 1.8 }),
      ),
    ],
  });
}
