import * as Plot from '@observablehq/plot';
import type { TrainingCurves } from '../../datasets/train-request.js';
import { seriesColour } from '../figures/colours.js';
import { PlotView } from '../figures/plot.js';
import { wholeTicks } from '../figures/whole-ticks.js';
import { short } from '../parts/numbers.js';

type Curves = TrainingCurves['curves'];
type Measure = 'loss' | 'CORR';

const MEASURES: readonly (readonly [Measure, string])[] = [
  ['loss', 'Loss on the training images'],
  ['CORR', 'CORR on the images that choose the epoch'],
];

/** Shows loss and CORR after each epoch, a line for each member of an ensemble, each stage and each group of neurons. */
export function CurvesView({ curves }: { readonly curves: Curves }) {
  if (curves.length === 0) return null;
  return (
    <section aria-label="Loss and CORR after each epoch">
      <div class="curves">
        {MEASURES.map(([measure, title]) => (
          <div key={measure}>
            <h3>{title}</h3>
            <PlotView
              label={`${title}, the mean over the neurons: ${describe(curves, measure)}`}
              draw={(width) => epochPlot(curves, measure, width)}
              dependencies={[curves]}
              maxWidth={520}
            />
          </div>
        ))}
      </div>
      {curves.length > 1 && (
        <ul class="curve-names">
          {curves.map((curve, place) => (
            <li key={`${place} ${curve.recipe}`}>
              <span class="dot" style={{ background: seriesColour(place) }} aria-hidden="true" />{' '}
              {nameOf(curve)}, {curve.neurons} {curve.neurons === 1 ? 'neuron' : 'neurons'}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Such as `member 2, shared_core`. */
function nameOf({ member, recipe }: Curves[number]): string {
  return member === undefined ? recipe : `member ${member}, ${recipe}`;
}

/** Describes the newest epoch. */
function describe(curves: Curves, measure: Measure): string {
  const newest = curves.at(-1)!;
  const values = newest[measure];
  const last = values.at(-1) ?? null;
  return `${last === null ? 'not known' : short(last)} after epoch ${values.length} of ${nameOf(newest)}`;
}

function epochPlot(curves: Curves, measure: Measure, width: number): Plot.PlotOptions {
  const lines = curves.map((curve, place) => ({
    colour: seriesColour(place),
    points: curve[measure].flatMap((value, i) => {
      const title = `${nameOf(curve)}, epoch ${i + 1}: ${short(value ?? 0)}`;
      return value === null ? [] : [{ epoch: i + 1, value, title }];
    }),
  }));
  const last = Math.max(2, ...curves.map(({ loss }) => loss.length));
  const all = lines.flatMap(({ points }) => points);
  return {
    height: Math.round(0.55 * width),
    marginLeft: 48,
    marginBottom: 36,
    x: {
      domain: [1, last],
      label: 'Epoch',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: wholeTicks(last),
      tickFormat: String,
    },
    y: { label: null, grid: true, nice: true, ticks: 5, tickFormat: short },
    marks: [
      lines.map(({ points, colour }) => [
        Plot.line(points, { x: 'epoch', y: 'value', stroke: colour, strokeWidth: 1.8 }),
        Plot.dot(points, { x: 'epoch', y: 'value', fill: colour, r: 2 }),
      ]),
      Plot.tip(all, Plot.pointer({ x: 'epoch', y: 'value', title: 'title' })),
    ],
  };
}
