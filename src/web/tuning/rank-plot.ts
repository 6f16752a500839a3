import * as Plot from '@observablehq/plot';
import { short } from '../parts/numbers.js';
import { DASHES, SYMBOLS } from './compared-models.js';
import type { Series } from './series.js';

/** Responses in rank order. */
export interface RankCurve extends Pick<Series, 'label' | 'colour' | 'model'> {
  readonly real?: readonly number[] | undefined;
  readonly predicted: readonly number[];
  /** The k-th largest real response. */
  readonly theta: number | null;
}

export type RankScale = 'linear' | 'log';

interface RankPlot {
  readonly curves: readonly RankCurve[];
  readonly k: number;
  readonly scale: RankScale;
  readonly responseUnit: string;
}

/** Maximum number of plotted ranks. */
const MAX_DRAWN_RANKS = 1000;

/** Plots responses over rank: a line for the responses that define the order, points for the others. */
export function rankPlot(
  { curves, k, scale, responseUnit }: RankPlot,
  width: number,
): Plot.PlotOptions {
  const count = Math.max(...curves.map(({ predicted }) => predicted.length));
  const ranks = ranksDrawn(count, scale);
  const along = (responses: readonly number[], label: string) =>
    ranks.map((rank) => {
      const y = responses[rank - 1]!;
      return { x: rank, y, title: `${label}\nrank ${rank}: ${short(y)}` };
    });
  const tips = curves.flatMap(({ real, predicted, label }) =>
    real ? along(real, `${label}, real`) : along(predicted, label),
  );
  return {
    height: Math.max(260, Math.min(380, Math.round(0.6 * width))),
    marginLeft: 48,
    marginBottom: 40,
    x: { type: scale, domain: [1, count], label: null, ticks: width < 420 ? 4 : 8 },
    y: { label: `Response (${responseUnit})`, grid: true, nice: true, labelArrow: 'none' },
    marks: [
      Plot.axisX({
        label: `Rank of the stimulus, of ${count}`,
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 36,
        ticks: width < 420 ? 4 : 8,
        tickFormat: (rank: number) => (scale === 'log' && !isRound(rank) ? '' : String(rank)),
      }),
      Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
      Plot.ruleX([k], { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '1,3' }),
      Plot.text([k], {
        x: (rank: number) => rank,
        frameAnchor: 'top',
        textAnchor: 'start',
        dx: 4,
        dy: -4,
        text: (rank: number) => `k = ${rank}`,
      }),
      curves.map(({ real, predicted, colour, model, theta }) => [
        ...(real ? [rankPoints(along(predicted, ''), colour, model.place)] : []),
        // All models share the real responses.
        ...(real && model.place > 0
          ? []
          : [rankLine(along(real ?? predicted, ''), colour, model.place)]),
        ...(theta !== null && model.place === 0
          ? [Plot.ruleY([theta], { x1: 1, x2: k, stroke: colour, strokeWidth: 1.5 })]
          : []),
      ]),
      Plot.tip(tips, Plot.pointer({ x: 'x', y: 'y', title: 'title' })),
    ],
  };
}

interface Drawn {
  readonly x: number;
  readonly y: number;
}

function rankLine(points: readonly Drawn[], stroke: string, place: number): Plot.Markish {
  const dashed = { stroke, strokeWidth: 2.2, strokeDasharray: DASHES[place]! };
  return Plot.line(points, { x: 'x', y: 'y', ...dashed });
}

function rankPoints(points: readonly Drawn[], fill: string, place: number): Plot.Markish {
  const style = { fill, fillOpacity: 0.5, r: 2, symbol: SYMBOLS[place]! };
  return Plot.dot(points, { x: 'x', y: 'y', ...style });
}

/** Returns the plotted ranks, evenly spaced on the scale. */
export function ranksDrawn(count: number, scale: RankScale): number[] {
  if (count <= MAX_DRAWN_RANKS) return Array.from({ length: count }, (_, i) => i + 1);
  const ranks = Array.from({ length: MAX_DRAWN_RANKS }, (_, i) => {
    const share = i / (MAX_DRAWN_RANKS - 1);
    return Math.round(scale === 'log' ? count ** share : 1 + share * (count - 1));
  });
  return [...new Set(ranks)];
}

function isRound(rank: number): boolean {
  return [1, 2, 5].some((digit) => Number.isInteger(Math.log10(rank / digit)));
}
