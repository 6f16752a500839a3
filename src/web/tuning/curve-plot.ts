import * as Plot from '@observablehq/plot';
import { short } from '../parts/numbers.js';
import { SYMBOLS } from './compared-models.js';
import { bandOf, type CurveSeries } from './series.js';
import type { Swept } from './swept.js';

const ANGLE_STEP = 45;
/** Line style of the response to the blank. */
export const BLANK = { strokeDasharray: '4,4', strokeWidth: 1 } as const;

/** Style of the band of an ensemble's spread. */
export const BAND_OPACITY = 0.18;

/** Plots responses over a swept parameter: measured points, their spread, the fit, and the response to the blank. */
export function curvePlot(
  { axis, scale, period, unit }: Swept,
  curves: readonly CurveSeries[],
  width: number,
  responseUnit: string,
): Plot.PlotOptions {
  const points = curves.flatMap(({ measured, label }) =>
    measured.map(({ x, y, spread }) => {
      const members = spread === undefined ? '' : ` ± ${short(spread)}`;
      return { x, y, title: `${label}\n${short(x)}${unit}: ${short(y)}${members}` };
    }),
  );
  const narrow = width < 420;
  const angles = period && {
    domain: [0, period],
    ticks: Array.from({ length: period / ANGLE_STEP + 1 }, (_, i) => i * ANGLE_STEP),
  };
  return {
    height: Math.max(260, Math.min(420, Math.round(0.6 * width))),
    marginLeft: 48,
    marginBottom: 40,
    x: { type: scale, label: axis, labelAnchor: 'center', labelArrow: 'none', ...angles },
    y: { label: `Response (${responseUnit})`, grid: true, nice: true, labelArrow: 'none' },
    marks: [
      Plot.axisX({
        labelAnchor: 'center',
        labelArrow: 'none',
        label: axis,
        labelOffset: 36,
        ...(angles ? { ticks: angles.ticks } : scale === 'log' ? logTicks(points, narrow) : {}),
      }),
      Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
      curves.flatMap(curveMarks),
      Plot.tip(points, Plot.pointer({ x: 'x', y: 'y', title: 'title' })),
    ],
  };
}

function curveMarks(curve: CurveSeries): Plot.Markish[] {
  const { measured, fitted, blank, colour, dash, model } = curve;
  const line = { stroke: colour, strokeDasharray: dash };
  const ends = { x: 'x', y1: 'low', y2: 'high' };
  return [
    Plot.areaY(bandOf(curve), { ...ends, fill: colour, fillOpacity: BAND_OPACITY }),
    Plot.ruleY([blank], { stroke: colour, ...BLANK }),
    Plot.line(measured, {
      x: 'x',
      y: 'y',
      ...line,
      ...(fitted ? { strokeWidth: 1, strokeOpacity: 0.35 } : { strokeWidth: 1.5 }),
    }),
    ...(fitted ? [Plot.line(fitted, { x: 'x', y: 'y', ...line, strokeWidth: 2.2 })] : []),
    Plot.dot(measured, {
      x: 'x',
      y: 'y',
      r: 3,
      symbol: SYMBOLS[model.place]!,
      fill: colour,
      stroke: 'var(--panel)',
      strokeWidth: 1,
    }),
  ];
}

/** Returns ticks at 1, 2 and 5 of each power of ten in range. */
function logTicks(points: readonly { readonly x: number }[], narrow: boolean) {
  const values = points.map(({ x }) => x);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const powers = Array.from({ length: 12 }, (_, i) => i - 6);
  const ticks = powers
    .flatMap((power) => (narrow ? [1, 3] : [1, 2, 5]).map((digit) => digit * 10 ** power))
    .filter((tick) => tick >= low && tick <= high);
  return { ticks, tickFormat: short };
}
