import * as Plot from '@observablehq/plot';
import type { ModelEvaluation } from '../evaluation.js';
import { average, decimals, type Measure, scoreNeuron } from '../scores.js';
import { draw, FAINT, modelColour } from './figure.js';

const WIDTH = 340;
const BINS = 20;
/** Lower values are counted in the lowest bin: FEVE may be far lower. */
const LOWEST = -1;

/** How a measure is spread over each model's neurons: a histogram with the mean marked. */
export function drawDistribution(models: readonly ModelEvaluation[], measure: Measure): string {
  const values = models.map(({ neurons }) =>
    neurons.flatMap((neuron) => scoreNeuron(neuron, measure) ?? []),
  );
  const [lowest, max] = values
    .flat()
    .reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [0, 1]);
  const min = Math.max(LOWEST, lowest);
  const bins = values.map((own) => histogram(own, [min, max]));
  const tallest = Math.max(1, ...bins.flat().map(({ count }) => count));
  const means = models.flatMap(({ label, neurons }) => {
    const { mean } = average(neurons, measure);
    return mean === null ? [] : [{ label, mean, at: Math.max(min, mean) }];
  });
  return draw({
    ariaLabel: `Distribution of ${measure} over neurons`,
    width: WIDTH,
    height: 60 + 74 * models.length,
    marginLeft: 36,
    marginRight: 10,
    marginTop: 18,
    marginBottom: 34,
    x: {
      label: lowest < min ? `${measure} (${LOWEST} and below in the first bar)` : measure,
      domain: [min, max],
      labelAnchor: 'center',
    },
    y: {
      label: 'neurons',
      domain: [0, tallest],
      ticks: wholeTicks(tallest),
      tickFormat: 'd',
      insetTop: 16,
    },
    fy: { label: null, axis: null, domain: models.map(({ label }) => label) },
    marks: [
      Plot.ruleY([0], { stroke: FAINT }),
      ...bins.map((own, index) =>
        Plot.rectY(own, {
          x1: 'from',
          x2: 'to',
          y: 'count',
          fy: () => models[index]!.label,
          fill: modelColour(index),
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
      ),
      Plot.ruleX(means, { x: 'at', fy: 'label', stroke: 'currentColor', strokeWidth: 1.5 }),
      ...(['start', 'end'] as const).map((textAnchor) =>
        Plot.text(
          means.filter(({ at }) => at < (min + max) / 2 === (textAnchor === 'start')),
          {
            x: 'at',
            fy: 'label',
            frameAnchor: 'top',
            dx: textAnchor === 'start' ? 5 : -5,
            text: ({ mean }: { mean: number }) => `mean ${decimals(mean)}`,
            textAnchor,
          },
        ),
      ),
    ],
  });
}

/** Counts values in bins of equal width; those below the range go to the first bin. */
function histogram(values: readonly number[], [min, max]: readonly [number, number]) {
  const width = (max - min) / BINS;
  const counts = new Uint32Array(BINS);
  for (const value of values) {
    const bin = Math.floor((value - min) / width);
    counts[Math.max(0, Math.min(BINS - 1, bin))]! += 1;
  }
  return Array.from(counts, (count, i) => ({
    count,
    from: min + i * width,
    to: min + (i + 1) * width,
  }));
}

/** At most three ticks, at whole numbers. */
function wholeTicks(max: number): number[] {
  return [...new Set([0, Math.round(max / 2), max])];
}

/** Each neuron's value of one measure against that of another. */
export function drawScatter(options: {
  readonly ariaLabel: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly colour: string }[];
  readonly x: string;
  readonly y: string;
}): string {
  const { ariaLabel, points, x, y } = options;
  const min = points.reduce((low, point) => Math.min(low, point.x, point.y), 0);
  const domain = [min, 1];
  return draw({
    ariaLabel,
    width: WIDTH,
    height: WIDTH,
    marginLeft: 44,
    marginBottom: 38,
    x: { label: x, domain, nice: true, labelAnchor: 'center', ticks: 6 },
    y: { label: y, domain, nice: true, labelAnchor: 'center', ticks: 6 },
    marks: [
      Plot.line(
        [domain, domain].map((_, i) => ({ at: domain[i]! })),
        {
          x: 'at',
          y: 'at',
          stroke: FAINT,
          strokeDasharray: '4,3',
        },
      ),
      ...[...new Set(points.map(({ colour }) => colour))].map((colour) =>
        Plot.dot(
          points.filter((point) => point.colour === colour),
          { x: 'x', y: 'y', r: 3, fill: colour, fillOpacity: 0.65 },
        ),
      ),
    ],
  });
}
