import * as Plot from '@observablehq/plot';
import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import { short } from '../parts/numbers.js';
import { useModel } from '../state/context.js';
import type { Interpretation } from './interpretation.js';
import { describeReadout, termBars } from './terms.js';

const COLOURS: Readonly<Record<string, string>> = {
  centre: '#2f7ebc',
  surround: '#d9730d',
  bias: '#8a97a5',
  sum: '#7b61c9',
  response: '#0b9e73',
};
const ROW = 22;

/** Shows the readout terms of each neuron. */
export function TermsFigure({ interpretation }: { readonly interpretation: Interpretation }) {
  const { unit } = useModel().card.response;
  const { readout } = interpretation;
  const bars = termBars(readout);
  const terms = [...new Set(bars.map(({ term }) => term))];
  const descriptions = readout.neurons.map((neuron) => {
    const own = bars.filter((bar) => bar.neuron === neuron);
    return `neuron ${neuron}: ${own.map(({ term, value }) => `${term} ${short(value)}`).join(', ')}`;
  });
  const draw = (): Plot.PlotOptions => ({
    height: 44 + readout.neurons.length * (terms.length * ROW + 8),
    marginLeft: 72,
    marginRight: 76,
    marginTop: 6,
    marginBottom: 36,
    x: { label: `response (${unit})`, grid: true, nice: true, insetLeft: 8, insetRight: 44 },
    y: { domain: terms, label: null, tickSize: 0, padding: 0.25 },
    fy: {
      domain: readout.neurons,
      label: null,
      tickFormat: (id: number) => `neuron ${id}`,
      padding: 0.08,
    },
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    marks: [
      Plot.barX(bars, { fy: 'neuron', y: 'term', x1: 'from', x2: 'to', fill: 'term' }),
      Plot.text(bars, {
        fy: 'neuron',
        y: 'term',
        textAnchor: 'start',
        dx: 5,
        x: ({ from, to }) => Math.max(0, from, to),
        text: ({ value }) => short(value),
      }),
      Plot.ruleX([0], { stroke: 'currentColor' }),
    ],
  });
  return (
    <Figure
      title="What centre and surround add"
      name="centre-and-surround"
      requests={[interpretation.request]}
      columns={{
        neuron: readout.neurons,
        ...Object.fromEntries(
          terms.map((term) => [
            term,
            bars.filter((bar) => bar.term === term).map(({ value }) => value),
          ]),
        ),
      }}
      caption={describeReadout(readout.readout)}
    >
      <PlotView
        label={`Terms of the response. ${descriptions.join('; ')}`}
        draw={draw}
        dependencies={[readout, unit]}
        maxWidth={1100}
      />
    </Figure>
  );
}
