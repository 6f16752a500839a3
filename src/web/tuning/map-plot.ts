import * as Plot from '@observablehq/plot';
import type { Fit } from '../../tuning/schemas.js';
import { SHARE_SCALE } from '../figures/colours.js';
import { short } from '../parts/numbers.js';
import type { Point } from './series.js';

/** Responses by position: rows by y from the top, columns by x. */
export interface PositionMap {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly rows: readonly (readonly number[])[];
}

interface Cell {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly value: number;
  readonly title: string;
}

/** Radius of the outline in sigmas; the reported diameter is 4 sqrt(sigma1 sigma2). */
const OUTLINE = 2;

/**
 * Plots a map with the centre and the outline of its fitted Gaussian.
 * @param range responses at the ends of the colour scale
 */
export function mapPlot(
  map: PositionMap,
  fit: Fit | undefined,
  range: readonly [number, number],
  unit: string,
  width: number,
): Plot.PlotOptions {
  const ticks = width < 220 ? 3 : 5;
  const cells = mapCells(map);
  const sides = cells.flatMap(({ x1, x2 }) => [x1, x2]);
  const ends = cells.flatMap(({ y1, y2 }) => [y1, y2]);
  return {
    aspectRatio: 1,
    marginLeft: 34,
    marginBottom: 34,
    marginTop: 6,
    marginRight: 6,
    x: { domain: [Math.min(...sides), Math.max(...sides)], label: null, ticks },
    y: { domain: [Math.min(...ends), Math.max(...ends)], label: null, ticks },
    color: { ...SHARE_SCALE, domain: [...range] },
    marks: [
      Plot.rect(cells, {
        x1: 'x1',
        x2: 'x2',
        y1: 'y1',
        y2: 'y2',
        fill: 'value',
        shapeRendering: 'crispEdges',
        // Cells overlap, because rounding would leave gaps.
        inset: -0.4,
      }),
      Plot.axisX({ label: `x (${unit})`, labelAnchor: 'center', labelArrow: 'none', ticks }),
      ...fitMarks(fit),
      Plot.tip(
        cells,
        Plot.pointer({ x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', title: 'title', maxRadius: 20 }),
      ),
    ],
  };
}

/** Returns the smallest and the largest response of several maps; never equal. */
export function responseRange(
  maps: readonly (readonly (readonly number[])[])[],
): readonly [number, number] {
  const all = maps.flat(2);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

/** Returns the outline of a rotated Gaussian at two sigma. */
export function gaussianOutline({
  x0,
  y0,
  sigma1,
  sigma2,
  theta,
}: Readonly<Record<string, number>>): Point[] {
  const turned = (theta! * Math.PI) / 180;
  return Array.from({ length: 73 }, (_, i) => {
    const angle = (i * Math.PI) / 36;
    const [u, v] = [OUTLINE * sigma1! * Math.cos(angle), OUTLINE * sigma2! * Math.sin(angle)];
    return {
      x: x0! + u * Math.cos(turned) - v * Math.sin(turned),
      y: y0! + u * Math.sin(turned) + v * Math.cos(turned),
    };
  });
}

/** Draws light lines with dark edges, which are visible on every colour. */
function fitMarks(fit: Fit | undefined): Plot.Markish[] {
  if (!fit?.converged) return [];
  const outline = gaussianOutline(fit.parameters);
  const middle = [{ x: fit.parameters['x0']!, y: fit.parameters['y0']! }];
  const at = { x: 'x', y: 'y', clip: true } as const;
  return [
    Plot.line(outline, { ...at, stroke: 'black', strokeWidth: 3.5 }),
    Plot.line(outline, { ...at, stroke: 'white', strokeWidth: 1.6 }),
    Plot.dot(middle, { ...at, r: 6, symbol: 'plus', stroke: 'black', strokeWidth: 4 }),
    Plot.dot(middle, { ...at, r: 6, symbol: 'plus', stroke: 'white', strokeWidth: 1.8 }),
  ];
}

function mapCells({ x, y, rows }: PositionMap): Cell[] {
  const [across, down] = [halfStep(x), halfStep(y)];
  return rows.flatMap((row, j) =>
    row.map((value, i) => ({
      x1: x[i]! - across,
      x2: x[i]! + across,
      y1: y[j]! - down,
      y2: y[j]! + down,
      value,
      title: `(${short(x[i]!)}, ${short(y[j]!)}): ${short(value)}`,
    })),
  );
}

function halfStep(places: readonly number[]): number {
  return Math.abs(places[1]! - places[0]!) / 2;
}
