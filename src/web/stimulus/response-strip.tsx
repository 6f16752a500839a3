import * as Plot from '@observablehq/plot';
import { useRef, useState } from 'preact/hooks';
import { seriesColour } from '../figures/colours.js';
import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import { Segments } from '../parts/fields.js';
import type { SentRequest } from '../service/service.js';
import { useModel } from '../state/context.js';
import { useNeurons } from '../state/neurons.js';
import { type Range, widenedRange } from './widened-range.js';

const ORDERS = [
  ['id', 'by id'],
  ['response', 'strongest first'],
] as const;
/** Maximum number of bars with ids below them. */
const NAMED = 40;

export interface ResponseStripProps {
  /** Responses in the order of the model card. */
  readonly responses: Float32Array;
  readonly blank: Float32Array | undefined;
  readonly chosen: readonly number[];
  readonly request: SentRequest;
}

/** Shows the responses of all neurons. */
export function ResponseStrip({ responses, blank, chosen, request }: ResponseStripProps) {
  const { card } = useModel();
  const { choose } = useNeurons();
  const [order, setOrder] = useState<'id' | 'response'>('id');
  const scale = useSteadyScale(responses, blank ?? []);
  const ids = card.neurons.map(({ id }) => id);
  const bars = ids.map((id, column) => ({
    id,
    response: responses[column]!,
    blank: blank?.[column],
    place: chosen.indexOf(id),
  }));
  const sorted = order === 'id' ? bars : bars.toSorted((a, b) => b.response - a.response);
  const strongest = bars.reduce((best, bar) => (bar.response > best.response ? bar : best));
  return (
    <Figure
      title="All neurons"
      name="responses"
      columns={{ neuron: ids, response: [...responses], ...(blank ? { blank: [...blank] } : {}) }}
      requests={[request]}
      caption="A bar for each neuron; the line across it is its response to the blank image. Click a bar to choose its neuron."
    >
      <Segments label="Order" value={order} options={ORDERS} onValue={setOrder} />
      <PlotView
        label={`Responses of ${ids.length} neurons; neuron ${strongest.id} responds most, ${strongest.response.toFixed(3)}`}
        maxWidth={1200}
        dependencies={[responses, blank, chosen.join(), order]}
        onPick={(i) => choose([sorted[i]!.id, ...chosen.filter((id) => id !== sorted[i]!.id)])}
        draw={(width) => ({
          height: width < 500 ? 190 : 240,
          marginBottom: 36,
          x: {
            type: 'band',
            domain: sorted.map(({ id }) => id),
            label: 'neuron',
            ...(ids.length > NAMED ? { ticks: [] } : {}),
          },
          y: { label: `response (${card.response.unit})`, domain: scale, grid: true },
          marks: [
            Plot.barY(sorted, {
              x: 'id',
              y: 'response',
              fill: ({ place }) => (place < 0 ? 'var(--bar)' : seriesColour(place)),
              title: ({ id, response }) => `neuron ${id}: ${response.toFixed(3)}`,
            }),
            Plot.tickY(
              sorted.filter((bar) => bar.blank !== undefined),
              { x: 'id', y: 'blank', stroke: 'currentColor', strokeWidth: 1.2 },
            ),
            Plot.ruleY([0]),
          ],
        })}
      />
    </Figure>
  );
}

/** Returns the range of all responses so far, so that moving bars stay comparable. */
function useSteadyScale(...responses: readonly Iterable<number>[]): Range {
  const seen = useRef<Range>([0, 0]);
  seen.current = widenedRange(seen.current, ...responses);
  return seen.current;
}
