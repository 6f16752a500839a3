import * as Plot from '@observablehq/plot';
import { short } from '../parts/numbers.js';
import { SYMBOLS } from './compared-models.js';
import { BAND_OPACITY, BLANK } from './curve-plot.js';
import { bandOf, type CurveSeries, type Point } from './series.js';

/** Half width of the plot, in radii of the outermost circle. */
const ROOM = 1.22;
/** Angle of the radius labels in degrees, between two spokes. */
const LABELLED = 67.5;
const SPOKES = Array.from({ length: 8 }, (_, i) => 45 * i);

/** Plots responses as distances from the centre in the direction of the angle. */
export function polarPlot(
  curves: readonly CurveSeries[],
  period: 180 | 360,
  width: number,
): Plot.PlotOptions {
  const all = curves.flatMap((curve) => [
    ...[...curve.measured, ...(curve.fitted ?? [])].map(({ y }) => y),
    ...bandOf(curve).map(({ high }) => high),
    curve.blank,
  ]);
  const rings = ringsUpTo(Math.max(...all));
  const rim = rings.at(-1)!;
  return {
    aspectRatio: 1,
    margin: 0,
    axis: null,
    width,
    x: { domain: [-ROOM * rim, ROOM * rim] },
    y: { domain: [-ROOM * rim, ROOM * rim] },
    marks: [
      rings.map((radius) => Plot.line(circle(radius), { x: 'x', y: 'y', ...GRID })),
      Plot.link(SPOKES, {
        x1: 0,
        y1: 0,
        x2: (at: number) => place(at, rim).x,
        y2: (at) => place(at, rim).y,
        ...GRID,
      }),
      Plot.text(SPOKES, {
        x: (at: number) => place(at, 1.11 * rim).x,
        y: (at: number) => place(at, 1.11 * rim).y,
        text: (at: number) => `${at}°`,
      }),
      curves.flatMap((curve) => curveMarks(curve, period)),
      Plot.text(rings, {
        x: (radius: number) => place(LABELLED, radius).x,
        y: (radius: number) => place(LABELLED, radius).y,
        text: short,
        stroke: 'var(--panel)',
        strokeWidth: 4,
        fill: 'currentColor',
      }),
    ],
  };
}

const GRID = { stroke: 'currentColor', strokeOpacity: 0.18 } as const;

function curveMarks(curve: CurveSeries, period: 180 | 360): Plot.Markish[] {
  const { measured, fitted, blank, colour, dash, model } = curve;
  const points = around(measured, period);
  const line = { x: 'x', y: 'y', stroke: colour, strokeDasharray: dash } as const;
  return [
    Plot.line(ring(curve, period), { x: 'x', y: 'y', fill: colour, fillOpacity: BAND_OPACITY }),
    Plot.line(circle(Math.max(0, blank)), { x: 'x', y: 'y', stroke: colour, ...BLANK }),
    Plot.line(points, {
      ...line,
      ...(fitted ? { strokeWidth: 1, strokeOpacity: 0.35 } : { strokeWidth: 1.5 }),
    }),
    ...(fitted ? [Plot.line(around(fitted, period), { ...line, strokeWidth: 2.2 })] : []),
    Plot.dot(points, {
      x: 'x',
      y: 'y',
      r: 2.5,
      fill: colour,
      symbol: SYMBOLS[model.place]!,
      stroke: 'var(--panel)',
      strokeWidth: 1,
    }),
  ];
}

/** Returns points of a full turn; a period of 180 degrees appears twice. Negative responses are at the centre. */
export function around(points: readonly Point[], period: 180 | 360): Point[] {
  const turns = period === 180 ? [0, 180] : [0];
  return turns.flatMap((turn) => points.map(({ x, y }) => place(x + turn, Math.max(0, y))));
}

/** The outline of the band of an ensemble: once around outside, then back inside. */
function ring(curve: CurveSeries, period: 180 | 360): Point[] {
  const band = bandOf(curve);
  const outside = around(
    band.map(({ x, high }) => ({ x, y: high })),
    period,
  );
  const inside = around(
    band.map(({ x, low }) => ({ x, y: low })),
    period,
  );
  return [...outside, ...inside.toReversed()];
}

/** Returns round radii up to the largest response or beyond. */
export function ringsUpTo(largest: number): number[] {
  if (!(largest > 0)) return [1];
  const power = 10 ** Math.floor(Math.log10(largest / 3));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => largest / each <= 4)!;
  return Array.from({ length: Math.ceil(largest / step - 1e-9) }, (_, i) => (i + 1) * step);
}

function circle(radius: number): Point[] {
  return Array.from({ length: 73 }, (_, i) => place(5 * i, radius));
}

function place(degrees: number, radius: number): Point {
  const angle = (degrees * Math.PI) / 180;
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}
