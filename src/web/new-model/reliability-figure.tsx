import * as Plot from '@observablehq/plot';
import type { DatasetCard } from '../../datasets/card.js';
import { median } from '../../tuning/median.js';
import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import { wholeTicks } from '../figures/whole-ticks.js';
import type { SentRequest } from '../service/service.js';

interface ReliabilityFigureProps {
  readonly neurons: DatasetCard['neurons'];
  readonly requests: readonly SentRequest[];
}

/** Shows the reliability of each neuron, the most reliable one first; nothing without repeats. */
export function ReliabilityFigure({ neurons, requests }: ReliabilityFigureProps) {
  const known = neurons
    .flatMap(({ id, reliability }) => (reliability === null ? [] : [{ id, reliability }]))
    .toSorted((a, b) => b.reliability - a.reliability);
  if (known.length === 0) return null;
  const values = known.map(({ reliability }) => reliability);
  const middle = median(values).toFixed(2);
  const range = `${values.at(-1)!.toFixed(2)} to ${values[0]!.toFixed(2)}`;
  return (
    <Figure
      title={`Reliability of ${known.length} of ${neurons.length} neurons`}
      name="reliability"
      columns={{ neuron: known.map(({ id }) => id), reliability: values }}
      requests={requests}
      caption={
        'The correlation of the means of two halves of the repeats, stepped up to all of them. ' +
        `Median: ${middle}; from ${range}.`
      }
    >
      <PlotView
        label={`Reliability of ${known.length} neurons, sorted: median ${middle}, from ${range}`}
        draw={(width) => reliabilityPlot(known, width)}
        dependencies={[neurons]}
        maxWidth={520}
      />
    </Figure>
  );
}

function reliabilityPlot(
  neurons: readonly { readonly id: string; readonly reliability: number }[],
  width: number,
): Plot.PlotOptions {
  const bars = neurons.map(({ id, reliability }, i) => {
    const title = `${id}: ${reliability.toFixed(3)}`;
    return { from: i + 0.55, to: i + 1.45, middle: i + 1, reliability, title };
  });
  return {
    height: Math.round(0.4 * width),
    marginLeft: 42,
    marginBottom: 36,
    x: {
      label: 'Neurons, the most reliable first',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: wholeTicks(neurons.length),
      tickFormat: String,
    },
    y: { label: 'Reliability', grid: true, labelArrow: 'none' },
    marks: [
      Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'reliability', fill: 'var(--bar)' }),
      Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
      Plot.tip(bars, Plot.pointerX({ x: 'middle', y: 'reliability', title: 'title' })),
    ],
  };
}
